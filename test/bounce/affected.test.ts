import t from 'tap';
import { affected } from '../../lib/bounce/affected.ts';
import { messageOf } from './message-of.ts';

const found = (address: string | null, diagnostic: string | null = null, status: string | null = null) => ({
  address,
  status,
  diagnostic,
});
const ANN = 'ann@example.org';

await t.test('each once, with status and class', async (t) => {
  const message = await messageOf('');
  t.strictSame(
    affected([found(ANN, '550 5.1.1 no'), found('Ann@Example.org'), found('ben@x.org', '552 full')], message),
    [
      { address: ANN, status: '5.1.1', diagnostic: '550 5.1.1 no', class: 'hard' },
      { address: 'ben@x.org', status: null, diagnostic: '552 full', class: 'full' },
    ],
  );
  t.same(affected([], message), []);
});

await t.test('a member of the envelope takes the place of all others', async (t) => {
  const message = await messageOf('', { member: ANN });
  t.match(affected([found('zoe@far.example', '550 5.1.1')], message), [{ address: ANN, status: '5.1.1' }]);
  t.match(affected([found('zoe@far.example', '550 5.1.1'), found('ANN@example.org', '552 5.2.2')], message), [
    { address: ANN, class: 'full' },
  ]);
  t.match(affected([found(null, '550 5.1.1')], message), [{ address: ANN }]);
  t.same(affected([], message), [], 'but nobody failed');
});

await t.test('the field where the notice has no address', async (t) => {
  const fields = ['X-Failed-Recipients: ann@example.org'];
  const message = await messageOf('', { fields });
  t.match(affected([found(null, '550 5.1.1')], message), [{ address: ANN, class: 'hard' }]);
  t.match(affected([found('ben@x.org'), found(null)], message), [{ address: 'ben@x.org' }]);
  t.same(affected([found(null)], await messageOf('')), [], 'nobody can be named');
});

await t.test('who writes and who is written to has not failed', async (t) => {
  const message = await messageOf('');
  t.same(
    affected([found('friends-bounces@lists.example.org'), found('mailer-daemon@mx.example.net')], message),
    [],
  );
  const forwarded = await messageOf('', { from: 'ann@example.org' });
  t.match(affected([found(ANN)], forwarded), [{ address: ANN }], 'From of a person is no server');
});

await t.test('a reply from elsewhere in the text', async (t) => {
  const message = await messageOf('transcript:\n<<< 550 5.1.1 ann@example.org unknown\n');
  t.match(affected([found(ANN)], message), [{ status: '5.1.1', class: 'hard' }]);
});
