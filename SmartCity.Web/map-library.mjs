// Builds MapLibre GL JS into the folder given. Its published files have what the page and its worker share twice; built from its sources, it is fetched once.
import { build } from 'esbuild';

const sources = '../node_modules/maplibre-gl/src';
await build({
  entryPoints: { 'maplibre-gl': `${sources}/index.ts`, 'maplibre-gl-worker': `${sources}/source/worker.ts` },
  outdir: process.argv[2],
  outExtension: { '.js': '.mjs' },
  chunkNames: 'maplibre-gl-shared',
  bundle: true,
  splitting: true,
  minify: true,
  format: 'esm',
  target: 'es2022',
  logLevel: 'warning',
  // Its classes declare fields that only TypeScript is to know.
  tsconfigRaw: { compilerOptions: { useDefineForClassFields: false } },
});
