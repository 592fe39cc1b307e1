import t from 'tap';
import { withReplies } from '../../lib/bounce/with-replies.ts';

const found = (address: string | null, diagnostic: string | null = null) => ({
  address,
  status: null,
  diagnostic,
});
const ANN = 'ann@example.org';

await t.test('a reply that names the recipient, or the only one', async (t) => {
  const lines = [
    '>>> RCPT TO:<ann@example.org> 550',
    '<<< 550 5.1.1 ben@x.org no',
    '<<< 552 ANN@example.org full',
  ];
  t.same(withReplies([found(ANN)], lines), [found(ANN, '552 ANN@example.org full')]);
  t.same(withReplies([found('zoe@x.org')], lines), [found('zoe@x.org', '550 5.1.1 ben@x.org no')]);
  t.same(withReplies([found('zoe@x.org'), found(ANN)], lines), [
    found('zoe@x.org'),
    found(ANN, '552 ANN@example.org full'),
  ]);
});

await t.test('words that say enough are left alone', async (t) => {
  t.same(withReplies([found(ANN, '550 no')], ['554 other']), [found(ANN, '550 no')]);
  t.same(withReplies([found(ANN, 'refused')], ['554 other']), [found(ANN, 'refused 554 other')]);
  const known = { ...found(ANN, 'refused'), status: '5.1.1' };
  t.same(withReplies([known], ['554 other']), [known]);
  t.same(withReplies([found(ANN)], ['nothing here']), [found(ANN)]);
});
