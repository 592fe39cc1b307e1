/** What came to a member's own address, tells of a failure, and is in no form we know. */
import type { Detector } from './detector.ts';
import { tellsFailure } from './failure-words.ts';
import { tidyDiagnostic } from './listed-recipients.ts';

/** The member, with the subject and the beginning of the text as the reason. */
export const detectVerp: Detector = (message) => {
  if (message.member === null || !tellsFailure(message)) return null;
  const diagnostic = tidyDiagnostic([message.subject, ...message.lines.slice(0, 40)].join(' '));
  return [{ address: message.member, status: null, diagnostic }];
};
