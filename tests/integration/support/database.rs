//! A database for one test, gone when the test ends: a file of SQLite, or a schema of the PostgreSQL server that
//! `GLEANER_TEST_POSTGRES` names.

use std::sync::atomic::{AtomicU64, Ordering};

use gleaner::store::{DatabaseAddress, Db};
use sqlx::{Connection as _, Executor as _, PgConnection};

use super::switch::Switch;

/// Writes every test twice, once for each database: `async fn name(house: House) { … }` or any other type
/// with a function `on(TestDatabase)`.
/// Without a PostgreSQL server its half passes without a word; `scripts/test` always has one.
macro_rules! on_both_databases {
    ($($(#[$attribute:meta])* async fn $name:ident($given:ident: $kind:ident) $body:block)+) => {
        $($(#[$attribute])* async fn $name($given: $kind) $body)+

        mod on_sqlite {
            use super::*;
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($kind::on(crate::support::database::TestDatabase::sqlite()).await).await;
            })+
        }

        mod on_postgres {
            use super::*;
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                if let Some(database) = crate::support::database::TestDatabase::postgres().await {
                    super::$name($kind::on(database).await).await;
                }
            })+
        }
    };
}
pub(crate) use on_both_databases;

/// A database of one test. Keep it as long as the [`Db`].
#[derive(Debug)]
pub(crate) struct TestDatabase {
    /// Where it is.
    pub(crate) address: DatabaseAddress,
    /// A folder of this test, for the SQLite file and whatever else belongs to it.
    pub(crate) folder: tempfile::TempDir,
    /// The server, and the statement that takes the database away.
    cleaning: Option<(String, String)>,
}

impl TestDatabase {
    /// A new file.
    pub(crate) fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = DatabaseAddress::Sqlite(folder.path().join("gleaner.db"));
        Self { address, folder, cleaning: None }
    }

    /// A new schema, if there is a server.
    pub(crate) async fn postgres() -> Option<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let server = std::env::var("GLEANER_TEST_POSTGRES").ok().filter(|server| !server.is_empty())?;
        let schema = format!("test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::SeqCst));
        run(&server, &format!("CREATE SCHEMA {schema}")).await;
        let separator = if server.contains('?') { '&' } else { '?' };
        let address = DatabaseAddress::Postgres(format!("{server}{separator}options=-c%20search_path%3D{schema}"));
        let cleaning = Some((server, format!("DROP SCHEMA {schema} CASCADE")));
        Some(Self { address, folder: tempfile::tempdir().unwrap(), cleaning })
    }

    /// A database of its own, if there is a server: for tests that do something to all who are connected to it.
    pub(crate) async fn postgres_alone() -> Option<Self> {
        let server = std::env::var("GLEANER_TEST_POSTGRES").ok().filter(|server| !server.is_empty())?;
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let name = format!("gleaner_alone_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::SeqCst));
        run(&server, &format!("CREATE DATABASE {name}")).await;
        let mut address: url::Url = server.parse().expect("an address");
        address.set_path(&name);
        let cleaning = Some((server, format!("DROP DATABASE {name} WITH (FORCE)")));
        let folder = tempfile::tempdir().unwrap();
        Some(Self { address: DatabaseAddress::Postgres(address.into()), folder, cleaning })
    }

    /// The same database of a server by way of a switch; `None` for a file.
    pub(crate) async fn behind_a_switch(mut self) -> Option<(Self, Switch)> {
        let DatabaseAddress::Postgres(address) = &self.address else { return None };
        let mut address: url::Url = address.parse().expect("an address");
        let server = address.socket_addrs(|| Some(5432)).expect("a host");
        let switch = Switch::to(*server.first().expect("an address of it")).await;
        address.set_ip_host(switch.address().ip()).expect("a host");
        address.set_port(Some(switch.address().port())).expect("a port");
        self.address = DatabaseAddress::Postgres(address.into());
        Some((self, switch))
    }

    /// Ends all connections to the database, as a server does that is started anew. How many there were.
    pub(crate) async fn drop_connections(&self) -> i64 {
        let DatabaseAddress::Postgres(address) = &self.address else { return 0 };
        let mut connection = PgConnection::connect(address).await.unwrap();
        let ended = "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity \
                     WHERE datname = current_database() AND pid <> pg_backend_pid()";
        sqlx::query_scalar(ended).fetch_one(&mut connection).await.unwrap()
    }

    /// Opens it; a second time, it is the same database as after a restart.
    pub(crate) async fn open(&self) -> Db {
        Db::open(&self.address).await.unwrap()
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let Some((server, statement)) = self.cleaning.take() else { return };
        // Dropping cannot wait inside the test's own runtime.
        let cleaning = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(run(&server, &statement));
        });
        // A schema that is left over hurts nobody.
        let _ = cleaning.join();
    }
}

/// Runs one statement. A schema's name cannot be bound; it is made of numbers.
async fn run(server: &str, statement: &str) {
    let mut connection = PgConnection::connect(server).await.expect("GLEANER_TEST_POSTGRES names a running server");
    connection.execute(sqlx::AssertSqlSafe(statement.to_owned())).await.unwrap();
}
