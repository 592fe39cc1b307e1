import t from 'tap';
import { bootSystemd, noSystemd } from '../support/systemd-lab.ts';
import { installUnits } from '../support/systemd-units.ts';

const skip = noSystemd();

await t.test('a bell wakes the program, and nothing is left running', { skip }, async (t) => {
  await using lab = await bootSystemd({ members: ['ada', 'ben'] });
  await installUnits(lab);
  const before = await lab.starts();
  t.equal(before, 1, 'the install looks once for what waits; nothing to do, nothing started after that');
  t.strictSame(lab.processes(), []);

  await t.test('a message is delivered by itself', async (t) => {
    await lab.site.post('hello');
    await lab.until('ada and ben have it', () =>
      ['ada', 'ben'].every((member) => lab.site.subjects(member).includes('hello')),
    );
    await lab.until(
      'the run has ended',
      async () => (await lab.show('qrunner.service', 'ActiveState')) === 'inactive',
    );
    t.strictSame(lab.site.lies(), {});
    t.strictSame(lab.site.bells(), []);
    t.strictSame(lab.processes(), [], 'no process is left');
    t.equal(await lab.show('qrunner.path', 'ActiveState'), 'active');
    t.equal(await lab.show('qrunner.service', 'Result'), 'success');
    const starts = (await lab.starts()) - before;
    t.ok(starts >= 1 && starts <= 2, `${starts} starts`);
    t.match(await lab.journal('qrunner.service'), /entry-done queue=out .*list=friends@lists\.example/);
  });
});
