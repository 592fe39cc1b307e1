import t from 'tap';
import { nearest } from '../../lib/config/nearest.ts';

const KEYS = [
  'type',
  'path',
  'host',
  'port',
  'socket',
  'tls',
  'auth',
  'timeout',
  'password_file',
  'reply_to',
];

await t.test('slips of the finger', async (t) => {
  t.equal(nearest('hots', KEYS), 'host', 'neighbours swapped');
  t.equal(nearest('typ', KEYS), 'type');
  t.equal(nearest('timeuot', KEYS), 'timeout');
  t.equal(nearest('smpt', ['maildir', 'smtp', 'lmtp']), 'smtp');
  t.equal(nearest('limts', ['lists', 'limits']), 'limits', 'the beginning decides between two');
});

await t.test('other ways to write the same', async (t) => {
  t.equal(nearest('replyTo', KEYS), 'reply_to');
  t.equal(nearest('reply-to', KEYS), 'reply_to');
  t.equal(nearest('password', KEYS), 'password_file');
});

await t.test('nothing near', async (t) => {
  t.equal(nearest('encryption', KEYS), null);
  t.equal(nearest('', KEYS), null);
  t.equal(nearest('host', []), null);
  t.equal(nearest('host'.repeat(1000), KEYS), null, 'a very long word costs nothing');
});
