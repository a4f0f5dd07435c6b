//! Copies of the whole database: into one file while everything goes on, and back into either database.
//!
//! A backup is an SQLite file of this program's schema, whichever database it was made from, so one made from SQLite can be
//! restored to PostgreSQL and the other way round. Tables and columns are read from the schema: a new table is in the next
//! backup without a word here. What can be made again from the rest (the search index of another database) is not copied.

mod back;
mod out;

use std::path::Path;

use futures_util::{Stream, TryStreamExt as _};
use sqlx::postgres::PgRow;
use sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sqlx::{ConnectOptions as _, Row as _, SqliteConnection};

use super::db::{Tx, within, within_built};
use super::error::StoreError;

pub(super) use back::finish_restore;
pub use back::{BackupFacts, examine_backup};
pub(super) use out::keep_before_update;

/// Tells how far a copy is: rows or bytes that are done, and how many there are in all.
pub(super) type Progress<'a> = &'a (dyn Fn(u64, u64) + Sync);

/// Rows that are written by one statement: with the widest table far below the 32,766 values that SQLite takes.
const ROWS: usize = 200;

/// A table that is copied row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Table {
    name: String,
    columns: Vec<Column>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Column {
    name: String,
    kind: Kind,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Integer,
    Boolean,
    Text,
    Bytes,
}

/// A value on its way from one database to the other.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Value {
    Integer(Option<i64>),
    Boolean(Option<bool>),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
}

/// The tables of the schema in the order in which they were made, so that what is referred to comes first. Without those
/// that SQLite keeps for its search index and without the list of migrations.
const TABLES: &str = "SELECT m.name FROM sqlite_master m JOIN pragma_table_list l ON l.name = m.name AND l.schema = 'main' \
                      WHERE m.type = 'table' AND l.type = 'table' AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
                      AND m.name <> '_sqlx_migrations' ORDER BY m.rowid";
const COLUMNS: &str = "SELECT name, type FROM pragma_table_info($1) ORDER BY cid";

impl Table {
    /// The tables of an SQLite file.
    async fn all(connection: &mut SqliteConnection) -> Result<Vec<Self>, StoreError> {
        let names: Vec<String> = sqlx::query_scalar(TABLES).fetch_all(&mut *connection).await?;
        let mut tables = Vec::with_capacity(names.len());
        for name in names {
            let columns: Vec<(String, String)> =
                sqlx::query_as(COLUMNS).bind(&name).fetch_all(&mut *connection).await?;
            let columns = columns.into_iter().map(Column::read).collect::<Result<_, _>>()?;
            tables.push(Self { name, columns });
        }
        Ok(tables)
    }

    fn column_list(&self) -> String {
        let names: Vec<&str> = self.columns.iter().map(|column| column.name.as_str()).collect();
        names.join(", ")
    }

    fn select(&self) -> String {
        format!("SELECT {} FROM {}", self.column_list(), self.name)
    }

    fn count(&self) -> String {
        format!("SELECT COUNT(*) FROM {}", self.name)
    }

    /// Writes rows by one statement.
    async fn write(&self, mut tx: &mut Tx, rows: Vec<Vec<Value>>) -> Result<(), StoreError> {
        let head = format!("INSERT INTO {} ({}) ", self.name, self.column_list());
        within_built!(tx, Backend, c => {
            let mut query = sqlx::QueryBuilder::<Backend>::new(&head);
            query.push_values(rows, |mut place, row| {
                for value in row {
                    match value {
                        Value::Integer(value) => place.push_bind(value),
                        Value::Boolean(value) => place.push_bind(value),
                        Value::Text(value) => place.push_bind(value),
                        Value::Bytes(value) => place.push_bind(value),
                    };
                }
            });
            // Each table has another text: a connection would keep all of them.
            query.build().persistent(false).execute(c).await.map(drop)
        })?;
        Ok(())
    }
}

/// A row of either database.
trait RowValues {
    /// Its values, in the order of the columns.
    fn values(&self, columns: &[Column]) -> Result<Vec<Value>, sqlx::Error>;
}

macro_rules! row_values {
    ($($row:ty),+) => {$(
        impl RowValues for $row {
            fn values(&self, columns: &[Column]) -> Result<Vec<Value>, sqlx::Error> {
                let values = columns.iter().enumerate().map(|(at, column)| {
                    Ok(match column.kind {
                        Kind::Integer => Value::Integer(self.try_get(at)?),
                        Kind::Boolean => Value::Boolean(self.try_get(at)?),
                        Kind::Text => Value::Text(self.try_get(at)?),
                        Kind::Bytes => Value::Bytes(self.try_get(at)?),
                    })
                });
                values.collect()
            }
        }
    )+};
}
row_values!(SqliteRow, PgRow);

/// Rows on their way, and how many there are in all.
struct Pouring<'a> {
    progress: Progress<'a>,
    done: u64,
    total: u64,
}

impl Pouring<'_> {
    /// Writes the rows of one table, [`ROWS`] at a time, inside a transaction.
    async fn pour<R: RowValues>(
        &mut self,
        mut rows: impl Stream<Item = Result<R, sqlx::Error>> + Unpin,
        table: &Table,
        tx: &mut Tx,
    ) -> Result<(), StoreError> {
        let mut some = Vec::with_capacity(ROWS);
        loop {
            let row = rows.try_next().await?;
            let is_last = row.is_none();
            if let Some(row) = row {
                some.push(row.values(&table.columns)?);
                self.done += 1;
            }
            if !some.is_empty() && (is_last || some.len() == ROWS) {
                table.write(tx, std::mem::take(&mut some)).await?;
                (self.progress)(self.done, self.total);
            }
            if is_last {
                return Ok(());
            }
        }
    }
}

impl Column {
    /// A column by the type that the migrations declare.
    fn read((name, declared): (String, String)) -> Result<Self, StoreError> {
        let kind = match declared.as_str() {
            "INTEGER" | "BIGINT" => Kind::Integer,
            "BOOLEAN" => Kind::Boolean,
            "TEXT" => Kind::Text,
            "BLOB" => Kind::Bytes,
            other => return Err(StoreError::Damaged(format!("a column {name} of the unknown type {other}"))),
        };
        Ok(Self { name, kind })
    }
}

/// Opens an SQLite file for reading and nothing else.
async fn open_to_read(path: &Path) -> Result<SqliteConnection, StoreError> {
    let options = SqliteConnectOptions::new().filename(path).read_only(true).pragma("trusted_schema", "OFF");
    Ok(options.connect().await?)
}

/// Takes every row out of the tables, those that refer to others first.
async fn empty(mut tx: &mut Tx, tables: &[Table]) -> Result<(), StoreError> {
    for table in tables.iter().rev() {
        let statement = format!("DELETE FROM {}", table.name);
        within!(tx, c => {
            sqlx::query(sqlx::AssertSqlSafe(statement)).persistent(false).execute(c).await.map(drop)
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_table_of_the_schema_is_copied_and_the_search_index_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        crate::store::Db::open(&crate::store::DatabaseAddress::Sqlite(path.clone())).await.unwrap().close().await;

        let tables = Table::all(&mut open_to_read(&path).await.unwrap()).await.unwrap();

        let names: Vec<&str> = tables.iter().map(|table| table.name.as_str()).collect();
        for wanted in ["account", "article", "body", "highlight", "unread"] {
            assert!(names.contains(&wanted), "{wanted} in {names:?}");
        }
        assert!(names.iter().all(|name| !name.contains("sqlx") && !name.ends_with("_docsize")), "{names:?}");
        let place = |wanted: &str| names.iter().position(|name| *name == wanted);
        assert!(place("article") < place("version"), "what is referred to comes first");
    }
}
