using Npgsql;

namespace SmartCity.Lake.Tests;

/// <summary>No statement finds a row of a plate whose processing is restricted: neither in the lake, nor where Postgres asks the lake, nor in what is live.</summary>
[Collection(LakeCityTests.Name)]
public sealed class RestrictionTests(LakeCity city)
{
    private static readonly string[] Statements =
    [
        "select count(*) from city.sightings where plate = 'AB12CDE' or read_plate = 'AB12CDE'",
        "select count(*) from city.charges where plate = 'AB12CDE' and day >= date '2026-01-01'",
        "select count(*) from city.charges c join city.registry r on r.plate = c.plate where c.plate = 'AB12CDE' and c.day >= (select date '2026-01-01')",
        "select count(*) from city.live_sightings where plate = 'AB12CDE'",
        "select count(*) from city.live_charges where plate = 'AB12CDE'",
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_restricted_plate_is_in_no_answer_until_it_is_lifted()
    {
        var before = await CountsAsync();
        Assert.All(before, n => Assert.True(n > 0));
        var others = await CountAsync("select count(*) from city.sightings where plate is null or plate <> 'AB12CDE'");
        await city.Postgres.ExecuteAsync("insert into plate_restrictions (id, plate, reason, from_day, restricted_by, restricted_at) values (gen_random_uuid(), 'AB12CDE', 'r', '2026-01-01', 'o', now())");
        try
        {
            Assert.All(await CountsAsync(), n => Assert.Equal(0, n));
            Assert.Equal(others, await CountAsync("select count(*) from city.sightings"));
        }
        finally
        {
            await city.Postgres.ExecuteAsync("update plate_restrictions set lifted_at = now(), lifted_by = 'o', lift_reason = 'r' where plate = 'AB12CDE'");
        }

        Assert.Equal(before, await CountsAsync());
    }

    private async Task<long[]> CountsAsync()
    {
        var counts = new List<long>();
        foreach (var statement in Statements)
        {
            counts.Add(await CountAsync(statement));
        }

        return [.. counts];
    }

    private async Task<long> CountAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(city.ConnectionString("ada"));
        await connection.OpenAsync(Token);
        await using var command = new NpgsqlCommand(sql, connection);
        return (long)(await command.ExecuteScalarAsync(Token))!;
    }
}
