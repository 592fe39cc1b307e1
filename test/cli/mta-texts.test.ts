import t from 'tap';
import { eximText, opensmtpdText, postfixText } from '../../lib/cli/mta-texts.ts';
import { loadConfiguration } from '../../lib/config/load.ts';
import { siteFiles } from '../support/site-rig.ts';

const { configuration } = await loadConfiguration(`${t.testdir(siteFiles())}/qrunner.yaml`);
if (configuration === null) throw new Error('the configuration is wrong');
const lmtp = { kind: 'lmtp', socket: '/run/x.sock', user: 'list' } as const;

await t.test('Postfix', async (t) => {
  const { settings, table } = postfixText(configuration, lmtp);
  t.match(settings, /^relay_domains = example\.org$/m);
  t.match(settings, /^qrunner_destination_recipient_limit = 50$/m);
  t.match(settings, /^qrunner +unix +- +- +n +- +- +lmtp$/m);
  t.match(table, /^\/\^friends\(-\(owner\|.*@example\\\.org\$\/ {2}qrunner:unix:\/run\/x\.sock\n$/);
  const piped = postfixText(configuration, { kind: 'pipe', command: ['node', 'q'], user: 'lists' });
  t.match(piped.settings, /^qrunner_destination_recipient_limit = 1$/m);
  t.match(piped.settings, /argv=node q inject --sender \$\{sender\} -- \$\{recipient\}$/m);
  t.match(piped.table, / {2}qrunner:\n$/);
});

await t.test('Exim', async (t) => {
  const { settings, table } = eximText(configuration, lmtp);
  t.match(
    settings,
    /condition = \$\{lookup\{\$local_part@\$domain\}nwildlsearch\{\/etc\/exim4\/qrunner\}\{yes\}\{no\}\}/,
  );
  t.match(settings, /driver = lmtp\n {2}socket = \/run\/x\.sock/);
  t.match(table, /^\^friends.*\$ yes\n$/);
});

await t.test('OpenSMTPD', async (t) => {
  const { settings, table } = opensmtpdText(configuration, lmtp);
  t.match(settings, /lmtp "\/run\/x\.sock" rcpt-to virtual \{ "@" = "list" \}/);
  t.match(table, /^\^friends.*\$\n$/);
});
