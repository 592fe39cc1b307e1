import t from 'tap';
import { COMMAND_LIMIT, parseCommands } from '../../lib/post/command.ts';

const kinds = (...lines: string[]) => parseCommands('request', null, lines).map(({ kind }) => kind);

await t.test('the words', async (t) => {
  t.same(kinds('', 'help', 'who', 'join', 'leave'), ['help', 'who', 'join', 'leave']);
  for (const word of ['subscribe', 'SUBSCRIBE', ' Join ', 'join please']) t.same(kinds(word), ['join'], word);
  for (const word of ['unsubscribe', 'remove', 'Leave']) t.same(kinds(word), ['leave'], word);
  t.same(parseCommands('request', null, ['confirm abc def']), [{ kind: 'confirm', token: 'abc' }]);
  t.same(parseCommands('request', null, ['confirm']), [{ kind: 'confirm', token: '' }]);
  t.same(parseCommands('request', null, ['echo  a   b ']), [{ kind: 'echo', words: 'a b' }]);
  t.same(parseCommands('request', null, ['  what is this ']), [{ kind: 'unknown', line: 'what is this' }]);
});

await t.test('the address says it already', async (t) => {
  t.same(parseCommands('join', null, ['leave', 'help']), [{ kind: 'join' }]);
  t.same(parseCommands('leave', 'x', ['join']), [{ kind: 'leave' }]);
  t.same(parseCommands('confirm', 'tok', ['leave']), [{ kind: 'confirm', token: 'tok' }]);
  t.same(parseCommands('confirm', null, ['confirm tok']), [{ kind: 'confirm', token: 'tok' }]);
});

await t.test('where the commands end', async (t) => {
  for (const end of ['end', 'stop', 'QUIT', '--'])
    t.same(kinds('help', 'who', end, 'leave'), ['help', 'who'], end);
  t.same(kinds('', 'help', 'Kind regards', 'leave'), ['help'], 'a line that is none, after one');
  t.same(kinds('Hello', 'join'), ['join'], 'a subject that is none does not count beside one');
  t.same(kinds('Hello', 'Dear list,', 'I like tea'), ['unknown'], 'one answer, not one for each line');
  t.same(kinds('Hello'), ['unknown']);
  t.same(kinds(), []);
  t.same(kinds('end', 'join'), ['join'], 'only the text ends');
});

await t.test('said twice counts once', async (t) => {
  t.same(kinds('subscribe', 'subscribe'), ['join'], 'in subject and text, as many people do');
  t.same(kinds('', 'echo a', 'echo b', 'echo a'), ['echo', 'echo']);
});

await t.test('not more than the limit', async (t) => {
  const lines = Array.from({ length: 50 }, (_, index) => `echo ${index}`);
  t.equal(parseCommands('request', null, ['', ...lines]).length, COMMAND_LIMIT);
});
