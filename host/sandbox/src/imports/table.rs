use glasshouse_contract::{
    BooleanColumn, Column, ColumnType, FloatColumn, IntColumn, LayoutError, TextColumn,
};
use wasmtime::{
    Result, StoreContextMut,
    component::{LinkerInstance, Resource, ResourceType},
};

use crate::{
    guest::Guest,
    open::{BatchRights, Home, OpenBatch, OpenBuilder, OpenTables, bytes_besides_rows},
    wire::{
        BatchHandle, BooleanIn, BooleanOut, BuilderHandle, FloatIn, FloatOut, IntIn, IntOut, Refusal,
        TablesHandle, TextIn, TextOut, WireField,
    },
};

type Store<'a> = StoreContextMut<'a, Guest>;
type Batch = Resource<BatchHandle>;
type Answer<T> = Result<(Result<T, Refusal>,)>;

pub fn link(instance: &mut LinkerInstance<'_, Guest>) -> Result<()> {
    link_batch(instance)?;
    link_builder(instance)?;
    link_tables(instance)
}

fn link_batch(instance: &mut LinkerInstance<'_, Guest>) -> Result<()> {
    instance.resource("batch", ResourceType::host::<BatchHandle>(), |mut store: Store<'_>, rep| {
        let guest = store.data_mut();
        if let Some(batch) = guest.release::<OpenBatch>(rep) {
            return_home(guest, batch);
        }
        Ok(())
    })?;
    instance.func_wrap("[method]batch.rows", |mut store: Store<'_>, (batch,): (Batch,)| {
        Ok((with(&mut store, &batch)?.map_or(0, |batch| batch.rows()),))
    })?;
    instance.func_wrap("[method]batch.schema", |mut store: Store<'_>, (batch,): (Batch,)| {
        let fields = with(&mut store, &batch)?.map_or_else(
            |_| Vec::new(),
            |batch| batch.schema().fields().iter().map(WireField::from).collect(),
        );
        Ok((fields,))
    })?;

    instance.func_wrap("[method]batch.read-text", |store: Store<'_>, (batch, column): (Batch, u32)| {
        read(store, &batch, column, "text", |column| match column {
            Column::Text(text) => Some(TextIn {
                validity: text.validity().bits(),
                offsets: text.offsets().clone(),
                data: text.data().clone(),
            }),
            _ => None,
        })
    })?;
    instance.func_wrap("[method]batch.read-int", |store: Store<'_>, (batch, column): (Batch, u32)| {
        read(store, &batch, column, "int or timestamp", |column| match column {
            Column::Int(ints) | Column::Timestamp(ints) => {
                Some(IntIn { validity: ints.validity().bits(), values: ints.values().clone() })
            }
            _ => None,
        })
    })?;
    instance.func_wrap("[method]batch.read-float", |store: Store<'_>, (batch, column): (Batch, u32)| {
        read(store, &batch, column, "float", |column| match column {
            Column::Float(floats) => {
                Some(FloatIn { validity: floats.validity().bits(), values: floats.values().clone() })
            }
            _ => None,
        })
    })?;
    instance.func_wrap("[method]batch.read-boolean", |store: Store<'_>, (batch, column): (Batch, u32)| {
        read(store, &batch, column, "boolean", |column| match column {
            Column::Boolean(bits) => {
                Some(BooleanIn { validity: bits.validity().bits(), bits: bits.bits().clone() })
            }
            _ => None,
        })
    })?;

    instance.func_wrap(
        "[method]batch.write-text",
        |store: Store<'_>, (b, c, data): (Batch, u32, TextOut)| {
            write(store, &b, c, data.size(), |rows, _| text(rows, data))
        },
    )?;
    instance.func_wrap(
        "[method]batch.write-int",
        |store: Store<'_>, (b, c, data): (Batch, u32, IntOut)| {
            write(store, &b, c, data.size(), |rows, kind| int(rows, kind, data))
        },
    )?;
    instance.func_wrap(
        "[method]batch.write-float",
        |store: Store<'_>, (b, c, data): (Batch, u32, FloatOut)| {
            write(store, &b, c, data.size(), |rows, _| float(rows, data))
        },
    )?;
    instance.func_wrap(
        "[method]batch.write-boolean",
        |store: Store<'_>, (b, c, data): (Batch, u32, BooleanOut)| {
            write(store, &b, c, data.size(), |rows, _| boolean(rows, data))
        },
    )?;

    instance.func_wrap(
        "[method]batch.drop-column",
        |mut store: Store<'_>, (batch, column): (Batch, u32)| {
            Ok((with(&mut store, &batch)?.and_then(|batch| batch.drop_column(column)),))
        },
    )?;
    instance.func_wrap(
        "[method]batch.null-column",
        |mut store: Store<'_>, (batch, column): (Batch, u32)| {
            Ok((with(&mut store, &batch)?.and_then(|batch| batch.null_column(column)),))
        },
    )?;
    instance.func_wrap(
        "[method]batch.keep-rows",
        |mut store: Store<'_>, (batch, bits): (Batch, Vec<u8>)| {
            Ok((with(&mut store, &batch)?.and_then(|batch| batch.keep_rows(&bits)),))
        },
    )?;
    Ok(())
}

fn link_builder(instance: &mut LinkerInstance<'_, Guest>) -> Result<()> {
    type Builder = Resource<BuilderHandle>;
    instance.resource("builder", ResourceType::host::<BuilderHandle>(), |mut store: Store<'_>, rep| {
        store.data_mut().release::<OpenBuilder>(rep);
        Ok(())
    })?;
    instance.func_wrap("[constructor]builder", |mut store: Store<'_>, (output, rows): (String, u32)| {
        let guest = store.data_mut();
        guest.count_host_call()?;
        // A constructor cannot refuse, so an unknown output ends the instance.
        let known = output.parse().ok().and_then(|name: glasshouse_contract::Name| {
            let query = guest.manifest.query().filter(|query| !query.outputs.is_empty())?;
            query.output_schema(name.as_str()).map(|schema| (name, schema))
        });
        let Some((name, schema)) = known else {
            let shown: String = output.chars().take(64).flat_map(char::escape_debug).collect();
            return Err(wasmtime::format_err!("the manifest declares no output `{shown}`"));
        };
        guest.count_bytes(bytes_besides_rows(&schema))?;
        let rep = guest.hold(OpenBuilder::new(name, schema, rows))?;
        Ok((Resource::<BuilderHandle>::new_own(rep),))
    })?;
    instance.func_wrap(
        "[method]builder.put-text",
        |store: Store<'_>, (b, c, data): (Builder, u32, TextOut)| {
            put(store, &b, c, data.size(), |rows, _| text(rows, data))
        },
    )?;
    instance.func_wrap(
        "[method]builder.put-int",
        |store: Store<'_>, (b, c, data): (Builder, u32, IntOut)| {
            put(store, &b, c, data.size(), |rows, kind| int(rows, kind, data))
        },
    )?;
    instance.func_wrap(
        "[method]builder.put-float",
        |store: Store<'_>, (b, c, data): (Builder, u32, FloatOut)| {
            put(store, &b, c, data.size(), |rows, _| float(rows, data))
        },
    )?;
    instance.func_wrap(
        "[method]builder.put-boolean",
        |store: Store<'_>, (b, c, data): (Builder, u32, BooleanOut)| {
            put(store, &b, c, data.size(), |rows, _| boolean(rows, data))
        },
    )?;
    instance.func_wrap(
        "[static]builder.finish",
        |mut store: Store<'_>, (builder,): (Builder,)| -> Answer<Batch> {
            let guest = store.data_mut();
            guest.count_host_call()?;
            let builder = guest
                .release::<OpenBuilder>(builder.rep())
                .ok_or_else(|| Refusal::Other("the builder is gone".to_owned()));
            if let Ok(builder) = &builder {
                guest.count_bytes(builder.bytes_of_nulls())?;
            }
            let built = builder.and_then(OpenBuilder::finish);
            Ok((match built {
                Ok((output, batch)) => {
                    let rights =
                        BatchRights::all(batch.columns().len(), Some(glasshouse_contract::Access::Read));
                    let mut open = OpenBatch::new(&batch, rights, Home::None);
                    open.output = Some(output);
                    Ok(Resource::new_own(guest.hold(open)?))
                }
                Err(refusal) => Err(refusal),
            },))
        },
    )?;
    Ok(())
}

fn link_tables(instance: &mut LinkerInstance<'_, Guest>) -> Result<()> {
    type Tables = Resource<TablesHandle>;
    instance.resource("tables", ResourceType::host::<TablesHandle>(), |mut store: Store<'_>, rep| {
        store.data_mut().release::<OpenTables>(rep);
        Ok(())
    })?;
    instance.func_wrap("[method]tables.names", |mut store: Store<'_>, (tables,): (Tables,)| {
        let names = tables_of(&mut store, &tables)?.map_or_else(
            |_| Vec::new(),
            |open| open.tables.iter().map(|table| table.name.to_string()).collect::<Vec<_>>(),
        );
        Ok((names,))
    })?;
    instance.func_wrap("[method]tables.schema", |mut store: Store<'_>, (tables, table): (Tables, u32)| {
        let fields = tables_of(&mut store, &tables)?.and_then(|open| {
            Ok(open.table(table)?.schema.fields().iter().map(WireField::from).collect::<Vec<_>>())
        });
        Ok((fields,))
    })?;
    instance.func_wrap("[method]tables.rows", |mut store: Store<'_>, (tables, table): (Tables, u32)| {
        Ok((tables_of(&mut store, &tables)?.and_then(|open| Ok(open.table(table)?.rows)),))
    })?;
    instance.func_wrap(
        "[method]tables.batches",
        |mut store: Store<'_>, (tables, table): (Tables, u32)| {
            Ok(
                (tables_of(&mut store, &tables)?
                    .and_then(|open| Ok(open.table(table)?.batches.len() as u32)),),
            )
        },
    )?;
    instance.func_wrap(
        "[method]tables.open",
        |mut store: Store<'_>, (tables, table, index): (Tables, u32, u32)| -> Answer<Batch> {
            let rep = tables.rep();
            let taken = tables_of(&mut store, &tables)?.and_then(|open| {
                open.table(table)?;
                let Some(open_table) = open.tables.get_mut(table as usize) else {
                    unreachable!("asked for above")
                };
                let (name, batches) = (&open_table.name, open_table.batches.len());
                match open_table.batches.get_mut(index as usize).map(Option::take) {
                    Some(Some(batch)) => Ok(batch),
                    Some(None) => Err(Refusal::Other(format!("batch {index} of `{name}` is out already"))),
                    None => Err(Refusal::NoSuchOutput(format!("batch {index} of the {batches} of `{name}`"))),
                }
            });
            Ok((match taken {
                Ok(mut batch) => {
                    batch.home = Home::Tables { tables: rep, table, index };
                    Ok(Resource::new_own(store.data_mut().hold(batch)?))
                }
                Err(refusal) => Err(refusal),
            },))
        },
    )?;
    Ok(())
}

/// Puts a batch back into the tables that it was taken out of.
fn return_home(guest: &mut Guest, batch: OpenBatch) {
    let Home::Tables { tables, table, index } = batch.home else { return };
    if let Ok(open) = guest.get_mut::<OpenTables>(tables)
        && let Some(place) =
            open.tables.get_mut(table as usize).and_then(|t| t.batches.get_mut(index as usize))
    {
        *place = Some(batch);
    }
}

fn with<'a>(store: &'a mut Store<'_>, batch: &Batch) -> Result<Result<&'a mut OpenBatch, Refusal>> {
    let guest = store.data_mut();
    guest.count_host_call()?;
    Ok(guest.get_mut(batch.rep()))
}

fn tables_of<'a>(
    store: &'a mut Store<'_>,
    tables: &Resource<TablesHandle>,
) -> Result<Result<&'a mut OpenTables, Refusal>> {
    let guest = store.data_mut();
    guest.count_host_call()?;
    Ok(guest.get_mut(tables.rep()))
}

fn read<T>(
    mut store: Store<'_>,
    batch: &Batch,
    column: u32,
    wanted: &str,
    pick: impl Fn(&Column) -> Option<T>,
) -> Answer<T> {
    Ok((with(&mut store, batch)?
        .and_then(|batch| pick(batch.read(column)?).ok_or_else(|| batch.wrong_type(column, wanted))),))
}

fn write(
    mut store: Store<'_>,
    batch: &Batch,
    column: u32,
    bytes: usize,
    make: impl FnOnce(u32, ColumnType) -> Result<Column, LayoutError>,
) -> Answer<()> {
    store.data_mut().count_bytes(bytes as u64)?;
    Ok((with(&mut store, batch)?.and_then(|batch| {
        let kind = batch.writable(column)?;
        batch.write(column, make(batch.rows(), kind)?)
    }),))
}

fn put(
    mut store: Store<'_>,
    builder: &Resource<BuilderHandle>,
    column: u32,
    bytes: usize,
    make: impl FnOnce(u32, ColumnType) -> Result<Column, LayoutError>,
) -> Answer<()> {
    let guest = store.data_mut();
    guest.count_host_call()?;
    guest.count_bytes(bytes as u64)?;
    Ok((guest.get_mut::<OpenBuilder>(builder.rep()).and_then(|builder| {
        let kind = builder.kind(column)?;
        builder.put(column, make(builder.rows, kind)?)
    }),))
}

fn text(rows: u32, data: TextOut) -> Result<Column, LayoutError> {
    TextColumn::new(rows, data.validity, data.offsets, data.data).map(Column::Text)
}

fn int(rows: u32, kind: ColumnType, data: IntOut) -> Result<Column, LayoutError> {
    let column = IntColumn::new(rows, data.validity, data.values)?;
    Ok(if kind == ColumnType::Timestamp { Column::Timestamp(column) } else { Column::Int(column) })
}

fn float(rows: u32, data: FloatOut) -> Result<Column, LayoutError> {
    FloatColumn::new(rows, data.validity, data.values).map(Column::Float)
}

fn boolean(rows: u32, data: BooleanOut) -> Result<Column, LayoutError> {
    BooleanColumn::new(rows, data.validity, data.bits).map(Column::Boolean)
}
