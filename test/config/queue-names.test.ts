import t from 'tap';
import { isQueueName, QUEUES, userQueueNameMistake } from '../../lib/config/queue-names.ts';

await t.test('the eight, in the order of the flow', async (t) => {
  t.same(
    QUEUES.map(({ name }) => name),
    ['in', 'commands', 'bounces', 'archive', 'news', 'virgin', 'retry', 'out'],
  );
  for (const { name, purpose } of QUEUES) {
    t.ok(isQueueName(name));
    t.match(purpose, /^[a-z][^\n]{10,80}$/, name);
  }
});

await t.test('names a user may give', async (t) => {
  for (const name of ['to-chat', 'a', 'x2', 'inbox']) t.equal(userQueueNameMistake(name), null, name);
});

await t.test('names a user may not give', async (t) => {
  for (const { name } of QUEUES)
    t.match(userQueueNameMistake(name)?.message, /a queue of qrunner itself/, name);
  for (const name of ['bell', 'lock']) t.match(userQueueNameMistake(name)?.message, /the spool uses/, name);
  for (const name of ['', 'To-Chat', '2x', '-x', 'a_b', 'a.b', '../x', 'a/b', 'a'.repeat(65)]) {
    t.match(userQueueNameMistake(name)?.message, /wanted a letter/, name);
  }
});
