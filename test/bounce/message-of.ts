/** Messages for tests of detectors, from the text of a notice. */
import { type BounceMessage, openBounceMessage } from '../../lib/bounce/bounce-message.ts';

/** What differs from a plain notice of a mail server without a known member. */
export type NoticeOptions = {
  readonly from?: string;
  readonly subject?: string;
  /** Further fields, lines without their ends. */
  readonly fields?: readonly string[];
  readonly sender?: string | null;
  readonly member?: string | null;
};

/** A message whose text is `text`, in UTF-8. */
export function messageOf(text: string, options: NoticeOptions = {}): Promise<BounceMessage> {
  const { from = 'MAILER-DAEMON@mx.example.net', subject = 'failure notice', fields = [] } = options;
  const head = [
    `From: ${from}`,
    'To: friends-bounces@lists.example.org',
    `Subject: ${subject}`,
    ...fields,
    ...(fields.some((field) => /^content-type:/i.test(field))
      ? []
      : ['Content-Type: text/plain; charset=utf-8', 'Content-Transfer-Encoding: 8bit']),
  ];
  const { sender = '', member = null } = options;
  return openBounceMessage(Buffer.from(`${head.join('\n')}\n\n${text}`), { sender, member });
}
