import t from 'tap';
import { readRemembered, rememberedSection } from '../../lib/units/remembered.ts';
import { unitText } from '../../lib/units/unit-text.ts';
import { unitPlan } from '../support/units-rig.ts';

const kept = (plan: ReturnType<typeof unitPlan>) =>
  readRemembered(unitText([['Unit', []], rememberedSection(plan)]));

await t.test('what was asked for comes back', async (t) => {
  t.same(kept(unitPlan()), { shape: 'single', exec: null }, 'a program that was not named is found anew');
  const exec = ['/opt/100% "q"/qrunner'];
  t.same(kept(unitPlan({ shape: 'per-queue', exec, execNamed: true })), {
    shape: 'per-queue',
    exec: exec[0],
  });
});

await t.test('what does not say', async (t) => {
  for (const text of [
    '',
    '[Unit]\nShape=single\n',
    '[X-Qrunner]\nShape=round\n',
    '[X-Qrunner]\n[Unit]\nShape=single\n',
  ])
    t.equal(readRemembered(text), null, JSON.stringify(text));
});
