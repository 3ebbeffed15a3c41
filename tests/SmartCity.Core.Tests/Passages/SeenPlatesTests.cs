using Microsoft.Extensions.Options;
using SmartCity.Core.Passages;
using SmartCity.Core.Tests.Database;
using SmartCity.Core.Tests.Sightings;
using static SmartCity.Core.Tests.Sightings.TestSightings;

namespace SmartCity.Core.Tests.Passages;

/// <summary>A plate that passes is found by its parts, whatever the core remembers.</summary>
public sealed class SeenPlatesTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 18, 12, 0, 0, TimeSpan.Zero);
    private static readonly SeenState Now = new(1, Noon, 7);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_vehicle_that_was_removed_and_comes_again_is_in_the_table_again()
    {
        var core = new TestIngest(postgres.DataSource);
        await core.ApplyAsync(Records(Sighting("SP11AAA", Noon), Sighting("SP11AAB", Noon.AddMinutes(1))));
        await core.ApplyAsync(Records(Sighting("SP11AAA", Noon.AddHours(1)), Sighting("SP11AAB", Noon.AddHours(1))));

        await postgres.ExecuteAsync("delete from seen_plates where plate = 'SP11AAA'");
        await core.ApplyAsync(Records(Sighting("SP11AAA", Noon.AddHours(2)), Sighting("SP11AAB", Noon.AddHours(2))));

        Assert.Equal(["SP11AAA", "SP11AAB"], await postgres.ColumnAsync<string>("select plate from seen_plates where plate like 'SP11%' order by plate"));
    }

    [Fact]
    public async Task A_batch_that_was_not_committed_is_not_remembered()
    {
        var builder = new PassageBuilder(Options.Create(new PassageOptions()), new SeenPlates());
        await using var connection = await postgres.DataSource.OpenConnectionAsync(Token);
        for (var round = 0; round < 2; round++)
        {
            await using var transaction = await connection.BeginTransactionAsync(Token);
            await builder.ApplyAsync(connection, transaction, Records(Sighting("SP12AAA", Noon)), Token);
            Assert.Equal(["SP12AAA"], await ColumnAsync());
            await transaction.RollbackAsync(Token);
        }

        async Task<List<string>> ColumnAsync()
        {
            await using var command = new Npgsql.NpgsqlCommand("select plate from seen_plates where plate like 'SP12%'", connection);
            await using var reader = await command.ExecuteReaderAsync(Token);
            var plates = new List<string>();
            while (await reader.ReadAsync(Token))
            {
                plates.Add(reader.GetString(0));
            }

            return plates;
        }
    }

    [Fact]
    public void What_is_remembered_holds_for_one_table_of_one_postgres()
    {
        var seen = new SeenPlates();
        Assert.Equal(["A1", "B2"], seen.Unknown(Now, ["B2", "A1", "B2"]));
        seen.Remember(Now, ["A1", "B2"]);

        Assert.Equal(["C3"], seen.Unknown(Now, ["B2", "C3", "A1"]));
        Assert.Equal(["A1"], seen.Unknown(Now with { Removals = 2 }, ["A1"]));
        Assert.Equal(["A1"], seen.Unknown(Now with { PostgresStarted = Noon.AddDays(1) }, ["A1"]));
        Assert.Equal(["A1"], seen.Unknown(Now with { Table = 8 }, ["A1"]));

        seen.Remember(Now with { Removals = 2 }, ["C3"]);
        Assert.Equal(["A1"], seen.Unknown(Now with { Removals = 2 }, ["A1", "C3"]));
    }

    [Fact]
    public void No_two_plates_are_taken_for_one_another_and_odd_ones_are_never_known()
    {
        var seen = new SeenPlates();
        seen.Remember(Now, ["A", "0A", "ZZZZZZZZZZZZ", "ÄB12", "ABCDEFGHIJKLM", ""]);

        Assert.Equal(["", "00A", "AA", "ABCDEFGHIJKLM", "ÄB12"], seen.Unknown(Now, ["A", "AA", "0A", "00A", "ZZZZZZZZZZZZ", "ÄB12", "ABCDEFGHIJKLM", ""]));
    }

    [Fact]
    public void It_does_not_grow_for_ever()
    {
        var seen = new SeenPlates();
        string[] many = [.. Enumerable.Range(0, 1_000_000).Select(n => $"P{n:D7}")];
        foreach (var some in many.Chunk(10_000))
        {
            seen.Remember(Now, some);
        }

        Assert.InRange(seen.Unknown(Now, many).Length, 600_000, 800_000);
        Assert.Empty(seen.Unknown(Now, many[^150_000..]));
    }
}
