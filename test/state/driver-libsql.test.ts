import { openLibsqlDriver } from '../../lib/state/driver-libsql.ts';
import { conformance } from './driver-conformance.ts';

await conformance(openLibsqlDriver);
