/** How units were made, kept in their target: whoever makes them again without saying otherwise gets the same. */
import { literal } from './escape.ts';
import type { Shape, UnitPlan } from './plan.ts';
import type { Section } from './unit-text.ts';

/** What is kept. */
export type Remembered = {
  readonly shape: Shape;
  /** The program that --exec named, or `null`. */
  readonly exec: string | null;
};

/** The section, which systemd passes over since its name begins with X-. */
export function rememberedSection({ shape, exec, execNamed }: UnitPlan): Section {
  const [program = ''] = exec;
  return [
    'X-Qrunner',
    [
      ['Shape', shape, 'How these units were made; "qrunner units" makes them like this again.'],
      execNamed ? ['Exec', literal(program)] : null,
    ],
  ];
}

/** What the text of a target keeps; `null` for a text without it. */
export function readRemembered(text: string): Remembered | null {
  const section = /^\[X-Qrunner\]\n([^[]*)/m.exec(text)?.[1];
  const shape = /^Shape=(single|per-queue)$/m.exec(section ?? '')?.[1];
  if (section === undefined || shape === undefined) return null;
  const exec = /^Exec=(.*)$/m.exec(section)?.[1]?.replaceAll('%%', '%') ?? null;
  return { shape: shape === 'single' ? 'single' : 'per-queue', exec };
}
