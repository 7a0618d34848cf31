// A redaction rule: names become pseudonyms by the host's kernel, which never shows them here;
// paths are read, changed and written back.

import { pseudonymize } from 'glasshouse:plugin/kernels@1.1.0';

const NAME = 0; // The needs of plugin.toml, by their places.
const HOME = /(\\Users\\|\/home\/)[^\\/]+/g;

class Redactor {
  constructor(context) {
    this.standIn = context.settings.find(({ name }) => name === 'stand-in').value;
  }

  apply(batch, targets) {
    for (const { need, column } of targets) {
      if (need === NAME) pseudonymize(batch, column, 'default', 32);
      else batch.writeText(column, this.withoutUsers(batch.readText(column)));
    }
  }

  finish(tables, targets) {
    for (const table of tables.names().keys()) {
      for (let index = 0; index < tables.batches(table); index++) {
        const batch = tables.open(table, index);
        this.apply(batch, targets);
        // Dropping the handle is what gives the changes back.
        batch[Symbol.dispose]();
      }
    }
  }

  withoutUsers({ validity, offsets, data }) {
    const decoder = new TextDecoder();
    const encoder = new TextEncoder();
    const rows = [];
    const moved = new Uint32Array(offsets.length);
    for (let row = 0; row + 1 < offsets.length; row++) {
      const path = decoder.decode(data.subarray(offsets[row], offsets[row + 1]));
      const bytes = encoder.encode(path.replace(HOME, (_, folder) => folder + this.standIn));
      rows.push(bytes);
      moved[row + 1] = moved[row] + bytes.length;
    }
    const joined = new Uint8Array(moved[moved.length - 1]);
    rows.forEach((bytes, row) => joined.set(bytes, moved[row]));
    return { validity, offsets: moved, data: joined };
  }
}

export const redaction = { Redactor };
