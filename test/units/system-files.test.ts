import t from 'tap';
import { sysusers, tmpfiles } from '../../lib/units/system-files.ts';
import { siteSettings } from '../support/settings.ts';
import { unitPlan } from '../support/units-rig.ts';

const lines = (text: string) => text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

await t.test('the user and the group', async (t) => {
  t.same(lines(sysusers(unitPlan())), ['u list - "Mailing lists" /srv/lists/state /usr/sbin/nologin']);
  const systemd = { ...siteSettings('/s').systemd, user: 'lists', group: 'mail-in' };
  t.same(lines(sysusers(unitPlan({}, { systemd, state: '/srv/a b' }))), [
    'g mail-in -',
    'u lists -:mail-in "Mailing lists" "/srv/a b" /usr/sbin/nologin',
  ]);
});

await t.test('the directories, none of them ever cleaned', async (t) => {
  const made = lines(tmpfiles(unitPlan({}, { archive: '/srv/archive 100%' })));
  t.same(made, [
    'd /srv/lists/spool 2770 list list -',
    'd /srv/lists/spool/bell 2770 list list -',
    'd /srv/lists/state 0750 list list -',
    'd "/srv/archive 100%%" 0750 list list -',
  ]);
});
