/** All files of a plan. Pure: the same plan, the same bytes. */
import { bellPath, lmtpSocketUnit, periodicTimer, queuePath, sweepTimer, target } from './activators.ts';
import { seal } from './marker.ts';
import { lmtpSocket, queuesOf, type UnitFile, type UnitPlan } from './plan.ts';
import { lmtpService, periodicService, queueService, wholeRunService } from './services.ts';
import { sysusers, tmpfiles } from './system-files.ts';
import { comment } from './unit-text.ts';

/**
 * The files, units first.
 * @throws ExpectedError (EX_CONFIG) for a path that no unit file can hold
 */
export function generateFiles(plan: UnitPlan): UnitFile[] {
  const { name, site, manager, shape } = plan;
  const scope = manager === 'user' ? '--user ' : '';
  const unit = (file: string, text: string): UnitFile => {
    const advice = comment(
      `Changes belong into a drop-in, which is left alone: systemctl ${scope}edit ${file}`,
    );
    return { kind: 'unit', name: file, text: seal(name, advice, text) };
  };
  const queueUnit = (queue: string) => `${name}-queue-${queue}`;
  const watching =
    shape === 'single'
      ? [unit(`${name}.path`, bellPath(plan))]
      : queuesOf(site).flatMap((queue) => [
          unit(`${queueUnit(queue)}.path`, queuePath(plan, queue)),
          unit(`${queueUnit(queue)}.service`, queueService(plan, queue, queueUnit(queue))),
        ]);
  const pathUnits = shape === 'single' ? [name] : queuesOf(site).map(queueUnit);
  const socket = lmtpSocket(plan);
  const lmtp =
    socket === null
      ? []
      : [
          unit(`${name}-lmtp.socket`, lmtpSocketUnit(plan, socket)),
          unit(`${name}-lmtp.service`, lmtpService(plan)),
        ];
  const advice = comment(`Made from qrunner.yaml; "qrunner units install" writes it again.`);
  const system: UnitFile[] = [
    { kind: 'sysusers', name: `${name}.conf`, text: seal(name, advice, sysusers(plan)) },
    { kind: 'tmpfiles', name: `${name}.conf`, text: seal(name, advice, tmpfiles(plan)) },
  ];
  return [
    unit(`${name}.target`, target(plan)),
    unit(`${name}.service`, wholeRunService(plan, pathUnits)),
    ...watching,
    unit(`${name}-sweep.timer`, sweepTimer(plan)),
    unit(`${name}-periodic.timer`, periodicTimer(plan)),
    unit(`${name}-periodic.service`, periodicService(plan)),
    ...lmtp,
    ...(manager === 'system' ? system : []),
  ];
}
