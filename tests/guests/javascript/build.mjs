// node build.mjs WIT OUT: makes a component of rule.js, with nothing of WASI in it.

import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { componentize } from '@bytecodealliance/componentize-js';

const [witPath, out] = process.argv.slice(2);
const { component } = await componentize({
  sourcePath: fileURLToPath(new URL('rule.js', import.meta.url)),
  witPath,
  worldName: 'redaction-rule',
  disableFeatures: ['stdio', 'random', 'clocks', 'http', 'fetch-event'],
});
await writeFile(out, component);
