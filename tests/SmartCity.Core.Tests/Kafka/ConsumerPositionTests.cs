using System.Text.Json;
using Confluent.Kafka;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using SmartCity.AllInOne.Infrastructure;
using SmartCity.Contracts;
using SmartCity.Core.Ops;
using SmartCity.Core.Tests.Database;
using SmartCity.Core.Tests.Hosting;
using static SmartCity.Core.Tests.Sightings.TestSightings;

namespace SmartCity.Core.Tests.Kafka;

/// <summary>Where a core goes on reading: the database says it, whatever Kafka has of the group's offsets.</summary>
public sealed class ConsumerPositionTests(PostgresServer server) : IAsyncLifetime
{
    private const string Station = "london-a1";
    private const string Topic = Station + ".sightings";

    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    private readonly CoreHost _core = new(server);
    private int _sent;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await _core.InitializeAsync();

    public async ValueTask DisposeAsync() => await _core.DisposeAsync();

    [Fact]
    public async Task A_database_restored_from_a_backup_gets_what_came_after_the_backup()
    {
        await SendAsync(3);
        await StoredAsync(_core.Postgres.DataSource, 3);
        await StopAsync();
        await using var restored = await CopyAsync();
        await using (var second = await StartAsync(_core.Postgres.ConnectionString))
        {
            await SendAsync(3);
            await StoredAsync(_core.Postgres.DataSource, 6);
            await CommittedAsync(second, 6);
            await second.StopAsync(Token);
        }

        await using var third = await StartAsync(restored.ConnectionString);

        await StoredAsync(restored, 6);
        Assert.Equal(6L, await ScalarAsync<long>(restored, "select sum(sightings)::bigint from passages"));
        Assert.Equal(0L, await ScalarAsync<long>(restored, "select sum(duplicates)::bigint from station_totals"));
    }

    [Fact]
    public async Task The_position_in_the_database_counts_whatever_Kafka_has_of_the_groups_offsets()
    {
        await SendAsync(3);
        await StoredAsync(_core.Postgres.DataSource, 3);
        await CommittedAsync(null, 3);
        await StopAsync();
        await SendAsync(2);
        await _core.Postgres.ExecuteAsync("update consumer_positions set next_offset = 4");

        await using var second = await StartAsync(_core.Postgres.ConnectionString);

        await StoredAsync(_core.Postgres.DataSource, 4);
        await CommittedAsync(second, 5);
        Assert.Equal(["POS0", "POS1", "POS2", "POS4"], await _core.Postgres.ColumnAsync<string>("select plate from sightings order by captured_at"));
        Assert.Equal(5L, await _core.Postgres.ScalarAsync<long>("select next_offset from consumer_positions"));
    }

    [Fact]
    public async Task Positions_in_a_Kafka_that_is_gone_are_not_believed()
    {
        await SendAsync(2);
        await StoredAsync(_core.Postgres.DataSource, 2);
        await StopAsync();
        using var anew = new InProcessBroker((Topic, 1), (Topics.DeadLetters, 1), (Topics.Alerts, 1));
        using (var producer = new ProducerBuilder<byte[]?, byte[]?>(new ProducerConfig { BootstrapServers = anew.BootstrapServers }).Build())
        {
            foreach (var sighting in Enumerable.Range(0, 5).Select(i => Sighting($"ANEW{i}", Now.AddMinutes(i), Station)))
            {
                await producer.ProduceAsync(Topic, new Message<byte[]?, byte[]?> { Value = JsonSerializer.SerializeToUtf8Bytes(sighting, ContractsJson.Default.Sighting) }, Token);
            }
        }

        await using var second = await StartAsync(_core.Postgres.ConnectionString, ("ConnectionStrings:core-kafka", anew.BootstrapServers));

        await StoredAsync(_core.Postgres.DataSource, 7);
    }

    [Fact]
    public async Task A_database_without_positions_begins_where_the_release_before_had_come()
    {
        await SendAsync(3);
        await StoredAsync(_core.Postgres.DataSource, 3);
        await CommittedAsync(null, 3);
        await StopAsync();
        await _core.Postgres.ExecuteAsync("delete from consumer_positions");
        await SendAsync(1);

        await using var second = await StartAsync(_core.Postgres.ConnectionString);

        await StoredAsync(_core.Postgres.DataSource, 4);
    }

    [Fact]
    public async Task An_empty_database_gets_all_that_Kafka_keeps()
    {
        await SendAsync(3);
        await StoredAsync(_core.Postgres.DataSource, 3);
        await CommittedAsync(null, 3);
        await StopAsync();
        var empty = new PostgresFixture(server);
        await empty.InitializeAsync();

        await using var second = await StartAsync(empty.ConnectionString);

        await StoredAsync(empty.DataSource, 3);
        await empty.DisposeAsync();
    }

    private async Task SendAsync(int count)
    {
        for (var i = 0; i < count; i++)
        {
            await _core.SendAsync(Sighting($"POS{_sent}", Now.AddSeconds(_sent++), Station));
        }
    }

    private Task StopAsync() => _core.Services.GetRequiredService<IHost>().StopAsync(Token);

    private async Task<WebApplication> StartAsync(string postgres, params (string Key, string Value)[] settings)
    {
        var core = _core.Build(postgres, settings.ToDictionary(s => s.Key, s => (string?)s.Value));
        await core.StartAsync(Token);
        return core;
    }

    // The database as a backup has it.
    private async Task<NpgsqlDataSource> CopyAsync()
    {
        NpgsqlConnection.ClearAllPools();
        _core.Postgres.DataSource.Clear();
        var name = new NpgsqlConnectionStringBuilder(_core.Postgres.ConnectionString).Database;
        await using var connection = new NpgsqlConnection(server.ConnectionString("postgres") + ";Pooling=false");
        await connection.OpenAsync(Token);
        foreach (var sql in new[] { $"select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'", $"create database {name}_restored template {name}" })
        {
            await using var command = new NpgsqlCommand(sql, connection);
            await command.ExecuteNonQueryAsync(Token);
        }

        return NpgsqlDataSource.Create(server.ConnectionString(name + "_restored"));
    }

    private static Task StoredAsync(NpgsqlDataSource database, long sightings, long duplicates = 0) => CoreHost.UntilAsync(
        async () => (await ScalarAsync<long>(database, "select count(*) from sightings"), await ScalarAsync<long>(database, "select coalesce(sum(duplicates), 0)::bigint from station_totals")) == (sightings, duplicates),
        $"{sightings} sightings and {duplicates} duplicates");

    private async Task CommittedAsync(WebApplication? core, long offset)
    {
        var figures = (core?.Services ?? _core.Services).GetRequiredService<KafkaFigures>();
        await CoreHost.UntilAsync(() => Task.FromResult(figures.Newest?.Groups.Any(g => g.Topic == Topic && g.Committed == offset) == true), $"Kafka has the group's offset {offset}");
    }

    private static async Task<T> ScalarAsync<T>(NpgsqlDataSource database, string sql)
    {
        await using var command = database.CreateCommand(sql);
        return (T)(await command.ExecuteScalarAsync(Token))!;
    }
}
