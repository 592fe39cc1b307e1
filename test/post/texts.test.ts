import t from 'tap';
import {
  confirmWords,
  delayedWords,
  goodbyeWords,
  heldWords,
  helpText,
  refusedWords,
  rejectedWords,
  type Words,
  welcomeWords,
} from '../../lib/post/texts.ts';
import { listSettings } from '../support/settings.ts';

const ID = '1795420800123456-9f86d081884c7d659a2f';
const TOKEN = 'abcdefghijklmnopqrstuvwxyz234567';
const REASON = 'ann@example.org is not a member, and the list holds posts by others';

const WAIT = { warnMs: 4 * 3_600_000, giveUpMs: 5 * 86_400_000 };
const MANY = Array.from({ length: 12 }, (_, number) => `m${number}@example.org`);

function everyText(list = listSettings(), address = 'ann@example.org'): Record<string, Words> {
  const subject =
    'A subject that somebody thought about for a long time and that is long enough for two lines';
  return {
    held: heldWords(list, ID, address, subject, REASON),
    heldFromNobody: heldWords(list, ID, null, '(no subject)', REASON),
    rejected: rejectedWords(list, subject, REASON),
    join: confirmWords(list, 'join', address, TOKEN, 3 * 86_400_000),
    leave: confirmWords(list, 'leave', address, TOKEN, 3 * 86_400_000),
    welcome: welcomeWords(list, address),
    goodbye: goodbyeWords(list, address),
    refused: refusedWords(list, 3, `554 5.7.1 ${subject}`),
    delayed: delayedWords(list, [address], { ...WAIT, reply: `451 4.2.0 ${subject}` }),
    delayedForMany: delayedWords(list, MANY, { ...WAIT, reply: '' }),
    help: { subject: '', text: helpText(list) },
  };
}

await t.test('lines are short, and nothing is undefined', async (t) => {
  for (const description of ['', 'Friends of tea', 'tea '.repeat(50)]) {
    for (const [name, { subject, text }] of Object.entries(everyText(listSettings({ description })))) {
      t.notMatch(`${subject}\n${text}`, /undefined|null|NaN|\[object/, name);
      t.same(
        text.split('\n').filter((line) => line.length >= 78),
        [],
        `${name}: below 78 characters`,
      );
      t.notMatch(subject, /\n/, name);
      t.match(text, /\n$/, name);
      t.notMatch(text, /\n\n\n/, `${name}: no two empty lines`);
    }
  }
});

await t.test('long names break the lines only where a word or a command is long itself', async (t) => {
  const list = listSettings({
    name: 'announcements-international',
    address: 'announcements-international@lists.university.example',
    domain: 'lists.university.example',
  });
  const texts = everyText(list, 'maximiliane.mustermann@department.university.example');
  for (const [name, { text }] of Object.entries(texts)) {
    const long = text.split('\n').filter((line) => line.length >= 78 && /\S\s+\S/.test(line.trim()));
    t.same(
      long.filter((line) => !line.startsWith('    qrunner ')),
      [],
      name,
    );
  }
});

const plain = (words: Words | undefined) => (words?.text ?? '').replace(/\s+/g, ' ');

await t.test('each says what is to be done', async (t) => {
  const texts = everyText();
  t.match(texts.held?.text, `qrunner queue release ${ID}\n`);
  t.match(texts.held?.text, `qrunner queue delete ${ID}\n`);
  t.match(texts.heldFromNobody?.text, 'From:    (unknown)');
  t.match(texts.rejected?.text, 'friends-owner@example.org');
  t.equal(texts.join?.subject, `confirm ${TOKEN}`, 'a reply to it is a command');
  t.match(plain(texts.join), 'asked to join the mailing list friends@example.org');
  t.match(plain(texts.leave), 'asked to leave');
  t.match(plain(texts.join), 'in 3d.');
  t.match(texts.welcome?.text, 'To leave, write to friends-leave@example.org.');
  t.match(texts.welcome?.text, '\n    Friends of tea\n');
  t.match(plain(texts.refused), 'for 3 members.');
  t.match(plain(texts.delayed), 'to one member for 4h. It is tried again until 5d are over');
  t.match(texts.delayedForMany?.text, '    m9@example.org\n    and 2 more\n\n');
  t.match(plain(refusedWords(listSettings(), 1, '554')), 'for 1 member.');
});
