/**
 * Detectors in the order in which they are asked, the most exact first; docs/BOUNCES.md prints it.
 *
 * A report is a standard and goes before all words. Then those whose words nobody else has; then those who share
 * words with others and come behind the ones that can be told by more; then sentences anybody may have written.
 */
import { detectAmazonSes } from './detect-amazon-ses.ts';
import { detectAol } from './detect-aol.ts';
import { detectBarracuda } from './detect-barracuda.ts';
import { detectCommunigate } from './detect-communigate.ts';
import { detectCourier } from './detect-courier.ts';
import { detectDomino } from './detect-domino.ts';
import { detectDsn } from './detect-dsn.ts';
import { detectExchange } from './detect-exchange.ts';
import { detectExim } from './detect-exim.ts';
import { detectFailedRecipients } from './detect-failed-recipients.ts';
import { detectGmail } from './detect-gmail.ts';
import { detectGmx } from './detect-gmx.ts';
import { detectGroupwise } from './detect-groupwise.ts';
import { detectIcloud } from './detect-icloud.ts';
import { detectImail } from './detect-imail.ts';
import { detectInterscan } from './detect-interscan.ts';
import { detectIronport } from './detect-ironport.ts';
import { detectJames } from './detect-james.ts';
import { detectMailenable } from './detect-mailenable.ts';
import { detectMailmarshal } from './detect-mailmarshal.ts';
import { detectMdaemon } from './detect-mdaemon.ts';
import { detectMicrosoft365 } from './detect-microsoft365.ts';
import { detectMimecast } from './detect-mimecast.ts';
import { detectOpensmtpd } from './detect-opensmtpd.ts';
import { detectPostfix } from './detect-postfix.ts';
import { detectQmail } from './detect-qmail.ts';
import { detectSendgrid } from './detect-sendgrid.ts';
import { detectSendmail } from './detect-sendmail.ts';
import { detectSentences } from './detect-sentences.ts';
import { detectSmartermail } from './detect-smartermail.ts';
import { detectVerp } from './detect-verp.ts';
import { detectYahoo } from './detect-yahoo.ts';
import { detectZoho } from './detect-zoho.ts';
import type { Detector } from './detector.ts';

/** A detector and its name, which readings and logs have. */
export type NamedDetector = {
  readonly name: string;
  readonly detect: Detector;
  /** Whether it may read what a person wrote: a report is one whoever sends it; words may be quoted. */
  readonly anySender?: boolean;
};

/** In the order in which they are asked; the first that finds a recipient says who it was. */
export const DETECTORS: readonly NamedDetector[] = [
  { name: 'dsn', detect: detectDsn, anySender: true },
  { name: 'postfix', detect: detectPostfix },
  { name: 'qmail', detect: detectQmail },
  { name: 'opensmtpd', detect: detectOpensmtpd },
  { name: 'sendmail', detect: detectSendmail },
  { name: 'courier', detect: detectCourier },
  { name: 'zoho', detect: detectZoho },
  { name: 'gmx', detect: detectGmx },
  { name: 'exim', detect: detectExim },
  { name: 'mailenable', detect: detectMailenable },
  { name: 'microsoft365', detect: detectMicrosoft365 },
  { name: 'exchange', detect: detectExchange },
  { name: 'barracuda', detect: detectBarracuda },
  { name: 'gmail', detect: detectGmail },
  { name: 'yahoo', detect: detectYahoo },
  { name: 'amazon-ses', detect: detectAmazonSes },
  { name: 'mimecast', detect: detectMimecast },
  { name: 'ironport', detect: detectIronport },
  { name: 'icloud', detect: detectIcloud },
  { name: 'aol', detect: detectAol },
  { name: 'domino', detect: detectDomino },
  { name: 'groupwise', detect: detectGroupwise },
  { name: 'sendgrid', detect: detectSendgrid },
  { name: 'mdaemon', detect: detectMdaemon },
  { name: 'communigate', detect: detectCommunigate },
  { name: 'smartermail', detect: detectSmartermail },
  { name: 'imail', detect: detectImail },
  { name: 'mailmarshal', detect: detectMailmarshal },
  { name: 'james', detect: detectJames },
  { name: 'interscan', detect: detectInterscan },
  { name: 'sentences', detect: detectSentences },
  { name: 'failed-recipients', detect: detectFailedRecipients },
  { name: 'verp', detect: detectVerp },
];
