declare module 'process-on-spawn' {
  const processOnSpawn: {
    addListener: (listener: (child: { env: Record<string, string> }) => void) => void;
  };
  export default processOnSpawn;
}
