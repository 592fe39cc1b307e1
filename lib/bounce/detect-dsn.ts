/** Reports of RFC 3464 and RFC 6533, from whatever server. */
import type { Detector } from './detector.ts';
import { tidyDiagnostic } from './listed-recipients.ts';

/** Who failed by the status part; who is delayed or got it beside him is left out. */
export const detectDsn: Detector = ({ reported }) => {
  const failed = reported.filter(({ action }) => action === 'failed');
  if (failed.length === 0) return null;
  return failed.map(({ address, status, diagnostic }) => ({
    address,
    // A failure with the status of a success (`2.0.0`) is one of a server that does not know.
    status: status?.startsWith('2') === true ? null : status,
    diagnostic: tidyDiagnostic(diagnostic ?? ''),
  }));
};
