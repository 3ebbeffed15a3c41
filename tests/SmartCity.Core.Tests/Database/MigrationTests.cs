using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using SmartCity.Core.Database;

namespace SmartCity.Core.Tests.Database;

/// <summary>While a new release migrates the database, replicas of the one before go on working with it.</summary>
public class MigrationTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Releases => [.. Directory.EnumerateFiles(Folder, "*.jsonl").Select(f => Path.GetFileNameWithoutExtension(f)!)];

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "Database", "statements");

    [Theory]
    [MemberData(nameof(Releases))]
    public async Task Statements_of_a_release_before_fit_the_schema(string release)
    {
        var statements = Read(release);
        Assert.True(statements.Count > 50, $"Only {statements.Count} statements are recorded.");
        var faults = await FaultsAsync([.. statements]);
        Assert.Empty(statements.Zip(faults).Where(s => s.Second is not null).Select(s => $"{s.Second}: {s.First.Sql}"));
    }

    [Fact]
    public async Task A_column_that_is_gone_and_a_constraint_that_is_gone_are_found()
    {
        await postgres.ExecuteAsync("create table of_a_release (id int primary key, name text)");
        Statement[] statements =
        [
            new("select name from of_a_release where id = $1", ["integer"]),
            new("copy of_a_release (id, name) from stdin (format binary)", []),
            new("insert into of_a_release select * from unnest($1, $2) on conflict (id) do nothing", ["integer[]", "text[]"]),
        ];
        Assert.All(await FaultsAsync(statements), Assert.Null);

        await postgres.ExecuteAsync("alter table of_a_release rename column name to label; alter table of_a_release drop constraint of_a_release_pkey");

        Assert.All(await FaultsAsync(statements), Assert.NotNull);
    }

    [Fact]
    public async Task A_database_that_a_newer_release_has_changed_is_refused_with_what_to_do()
    {
        await postgres.ExecuteAsync("insert into schemaversions (scriptname, applied) values ('9901_of_tomorrow.sql', now())");
        try
        {
            var e = await Assert.ThrowsAsync<InvalidOperationException>(() => Migrations.RunAsync(postgres.ConnectionString, NullLogger.Instance, Token));
            Assert.Equal("A newer release has changed this database: it has the migration 9901_of_tomorrow.sql, which this release does not know. Start that release or a later one, or restore a backup from before it.", e.Message);
        }
        finally
        {
            await postgres.ExecuteAsync("delete from schemaversions where scriptname like '99%'");
        }

        await Migrations.RunAsync(postgres.ConnectionString, NullLogger.Instance, Token);
    }

    private async Task<string?[]> FaultsAsync(Statement[] statements)
    {
        var faults = new List<string?>();
        foreach (var statement in statements)
        {
            faults.Add(await StatementCheck.FaultAsync(postgres.DataSource, statement));
        }

        return [.. faults];
    }

    private static List<Statement> Read(string release) =>
        [.. File.ReadLines(Path.Combine(Folder, release + ".jsonl")).Select(l => JsonSerializer.Deserialize<Statement>(l, JsonSerializerOptions.Web)!)];
}
