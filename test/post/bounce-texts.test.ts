import t from 'tap';
import { DEFAULT_BOUNCES } from '../../lib/config/bounce-settings.ts';
import type { ListSettings } from '../../lib/config/site.ts';
import {
  alarmWords,
  complaintWords,
  enabledWords,
  probeWords,
  removedWords,
  stoppedWords,
  toldWords,
  warningWords,
} from '../../lib/post/bounce-texts.ts';
import type { Words } from '../../lib/post/texts.ts';
import { listSettings } from '../support/settings.ts';

const TOKEN = 'abcdefghijklmnopqrstuvwxyz234567';
const WARNING = { token: TOKEN, number: 1, of: 3, nextAt: Date.UTC(2026, 4, 4) };
const LONG = {
  name: 'announcements-international',
  address: 'announcements-international@lists.university.example',
  domain: 'lists.university.example',
};

function everyText(list: ListSettings, address = 'ann@example.org'): Record<string, Words> {
  const diagnostic =
    '550 5.1.1 The mail account that you tried to reach does not exist, see https://example.org/x';
  const ann = { address, diagnostic };
  const ben = { address: 'ben@example.org', diagnostic: '552 5.2.2 full' };
  return {
    probe: probeWords(list, ann),
    warning: warningWords(list, ann, WARNING),
    lastWarning: warningWords(list, ann, { ...WARNING, number: 3 }),
    warningOnly: warningWords(list, ann, { ...WARNING, number: 3, nextAt: null }),
    enabled: enabledWords(list, address),
    stopped: stoppedWords(list, [{ ...ann, probed: true }]),
    stoppedTwo: stoppedWords(list, [
      { ...ann, probed: true },
      { ...ben, probed: false },
    ]),
    removed: removedWords(list, [ann]),
    removedTwo: removedWords(list, [ann, ben]),
    told: toldWords(list, [ann]),
    toldTwo: toldWords(list, [ann, ben]),
    alarm: alarmWords(list, 40, 100, diagnostic),
    unsubscribed: complaintWords(list, address, 'abuse', 'unsubscribed'),
    disabled: complaintWords(list, address, 'abuse', 'disabled'),
    complained: complaintWords(list, address, 'abuse', 'told'),
  };
}

await t.test('lines are short, and nothing is undefined', async (t) => {
  for (const list of [listSettings(), listSettings(LONG)]) {
    for (const [name, { subject, text }] of Object.entries(everyText(list))) {
      t.notMatch(`${subject}\n${text}`, /undefined|null|NaN|\[object/, name);
      const long = text.split('\n').filter((line) => line.length >= 78 && /\S\s+\S/.test(line.trim()));
      t.same(
        long.filter((line) => !line.startsWith('    qrunner ')),
        [],
        name,
      );
      t.notMatch(subject, /\n/, name);
      t.match(text, /[^\n]\n$/, name);
      t.notMatch(text, /\n\n\n/, `${name}: no two empty lines`);
    }
  }
});

const plain = (words: Words | undefined) => (words?.text ?? '').replace(/\s+/g, ' ');

await t.test('each says what is to be done', async (t) => {
  const texts = everyText(listSettings());
  t.match(plain(texts.probe), 'you need not do anything');
  t.match(plain(texts.warning), `The reply goes to friends-confirm+${TOKEN}@example.org`);
  t.match(plain(texts.warning), 'you are reminded again on 2026-05-04. This is notice 1 of 3.');
  t.match(plain(texts.lastWarning), 'you are removed from the list on 2026-05-04.');
  t.match(plain(texts.warningOnly), 'You stay a member of the list without getting its mail.');
  t.match(texts.stopped?.text, 'qrunner member set friends@example.org ann@example.org --delivery enabled');
  t.match(plain(texts.stopped), '3 warnings are sent, 7d apart. Who does not answer is removed.');
  t.match(plain(texts.stopped), 'a probe came back, too');
  t.match(texts.stoppedTwo, {
    subject: 'Delivery to 2 members of friends was stopped',
    text: /ben@example\.org/,
  });
  t.equal(texts.removed?.subject, 'ann@example.org was removed from friends');
  t.equal(texts.removedTwo?.subject, '2 members were removed from friends');
  t.equal(texts.told?.subject, 'Mail to ann@example.org keeps coming back');
  t.match(plain(texts.alarm), 'came back from 40 of 100 members');
  t.match(plain(texts.disabled), 'Delivery to him was disabled');
});

/** What the owners are told with these settings. */
const fate = (changes: Partial<ListSettings['bounces']>) =>
  plain(
    stoppedWords(listSettings({ bounces: { ...DEFAULT_BOUNCES, ...changes } }), [
      { address: 'a@b.example', diagnostic: 'x', probed: false },
    ]),
  );

await t.test('what comes after delivery stops is what is set', async (t) => {
  t.match(fate({ warnings: 1, remove: false }), 'was stopped. One warning is sent, 7d apart. a@b.example');
  t.match(fate({ warnings: 0 }), 'was stopped. Who does not answer is removed. a@b.example');
  t.match(fate({ warnings: 0, remove: false }), 'was stopped. a@b.example');
});

await t.test('a list whose name leaves no room for a token is confirmed by the subject', async (t) => {
  const { subject, text } = warningWords(
    listSettings(LONG),
    { address: 'a@b.example', diagnostic: 'x' },
    WARNING,
  );
  t.equal(subject, `confirm ${TOKEN}`);
  t.match(text, 'announcements-international-request@lists.university.example');
});
