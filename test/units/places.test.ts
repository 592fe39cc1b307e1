import t from 'tap';
import { placesOf } from '../../lib/units/places.ts';

const unit = (env: Record<string, string>) => placesOf({ manager: 'user', root: null, env }).unit;

await t.test('an administrator’s files win over a package’s', async (t) => {
  t.same(placesOf({ manager: 'system', root: null, env: {} }), {
    unit: '/etc/systemd/system',
    sysusers: '/etc/sysusers.d',
    tmpfiles: '/etc/tmpfiles.d',
  });
  t.same(placesOf({ manager: 'system', root: '/pkg', env: {} }), {
    unit: '/pkg/usr/lib/systemd/system',
    sysusers: '/pkg/usr/lib/sysusers.d',
    tmpfiles: '/pkg/usr/lib/tmpfiles.d',
  });
  t.equal(placesOf({ manager: 'user', root: '/pkg', env: {} }).unit, '/pkg/usr/lib/systemd/user');
});

await t.test('a user’s', async (t) => {
  t.equal(unit({ HOME: '/home/ada' }), '/home/ada/.config/systemd/user');
  t.equal(unit({ HOME: '/home/ada', XDG_CONFIG_HOME: '/xdg' }), '/xdg/systemd/user');
  t.equal(
    unit({ HOME: '/home/ada', XDG_CONFIG_HOME: 'xdg' }),
    '/home/ada/.config/systemd/user',
    'a relative one is ignored',
  );
});
