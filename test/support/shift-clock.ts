/** Loaded into a program before it starts (node --import): its clock is off by CLOCK_SHIFT milliseconds. */
const shift = Number(process.env.CLOCK_SHIFT ?? 0);
const real = Date.now.bind(Date);
Date.now = () => real() + shift;
