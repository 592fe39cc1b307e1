/**
 * Loaded before each test file: what a test starts runs as it would outside, without tap's instrumentation in
 * NODE_OPTIONS. That measures nothing of children, but they start as quickly as they really do, have the
 * environment a test gave them, and may run as another user.
 */
import processOnSpawn from 'process-on-spawn';

processOnSpawn.addListener((child) => {
  const env = Object.entries(child.env).filter(([name]) => !name.startsWith('_TAPJS_'));
  child.env = Object.fromEntries(
    env.map(([name, value]) => (name === 'NODE_OPTIONS' ? [name, withoutTap(value)] : [name, value])),
  );
  if (child.env.NODE_OPTIONS === '') delete child.env.NODE_OPTIONS;
});

function withoutTap(options: string): string {
  return options
    .split(/\s+(?=--)/)
    .filter((option) => !option.includes('@tapjs'))
    .join(' ')
    .trim();
}
