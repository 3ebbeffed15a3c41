using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using OpenTelemetry;
using OpenTelemetry.Trace;
using SmartCity.Core.Database;
using SmartCity.ServiceDefaults;

namespace SmartCity.Core.Tests.Database;

/// <summary>The core's client of Postgres, with the settings of <c>Aspire:Npgsql</c>.</summary>
public sealed class PostgresClientTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private const string Elsewhere = "Host=nowhere.invalid;Username=nobody";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Aspire:Npgsql:ConnectionString", null)]
    [InlineData("Aspire:Npgsql:postgres:ConnectionString", "Aspire:Npgsql:ConnectionString")]
    [InlineData("ConnectionStrings:postgres", "Aspire:Npgsql:postgres:ConnectionString")]
    public async Task The_nearest_connection_string_counts_for_queries_and_for_migrations(string setting, string? overruled)
    {
        await using var core = Core([], (setting, postgres.ConnectionString), (overruled ?? "Nothing", Elsewhere));

        await using var command = core.Services.GetRequiredService<NpgsqlDataSource>().CreateCommand("select current_setting('application_name')");
        Assert.Equal("smartcity-core", await command.ExecuteScalarAsync(Token));
        Assert.Equal(postgres.ConnectionString, core.Services.GetRequiredService<PostgresConnection>().ConnectionString);
    }

    [Fact]
    public async Task Without_a_connection_string_the_start_says_where_it_belongs()
    {
        await using var core = Core([]);
        var e = await Assert.ThrowsAsync<InvalidOperationException>(() => core.StartAsync(Token));
        Assert.Contains("ConnectionStrings:postgres", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Traces_hold_the_query_and_never_a_plate()
    {
        await using var spans = new Spans();
        await using var core = Core([spans], ("ConnectionStrings:postgres", postgres.ConnectionString));
        await using var connection = await core.Services.GetRequiredService<NpgsqlDataSource>().OpenConnectionAsync(Token);
        await ExecuteAsync("create temporary table seen (plate text primary key)");
        await ExecuteAsync("insert into seen values ($1)", "LR33TEE");
        await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync("insert into seen values ($1)", "LR33TEE"));

        var told = spans.Ended.SelectMany(Told).ToList();
        Assert.Contains(told, t => t.Contains("insert into seen values ($1)", StringComparison.Ordinal));
        Assert.Contains(told, t => t.Contains("duplicate key", StringComparison.Ordinal));
        Assert.DoesNotContain(told, t => t.Contains("LR33TEE", StringComparison.Ordinal));

        async Task ExecuteAsync(string sql, params object[] values)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            command.Parameters.AddRange(values.Select(v => new NpgsqlParameter { Value = v }).ToArray());
            await command.ExecuteNonQueryAsync(Token);
        }
    }

    [Fact]
    public async Task Queries_are_not_traced_where_that_is_switched_off()
    {
        await using var spans = new Spans();
        await using var core = Core([spans], ("ConnectionStrings:postgres", postgres.ConnectionString), ("Aspire:Npgsql:DisableTracing", "true"));
        await using var command = core.Services.GetRequiredService<NpgsqlDataSource>().CreateCommand("select 1");
        await command.ExecuteScalarAsync(Token);
        Assert.Empty(spans.Ended);
    }

    [Fact]
    public async Task What_a_worker_asks_by_itself_begins_no_trace()
    {
        await using var spans = new Spans();
        await using var core = Core([spans], ("ConnectionStrings:postgres", postgres.ConnectionString));
        await AskAsync("select 'in a trace'");
        Activity.Current = null;
        await AskAsync("select 'in no trace'");
        Assert.Contains(spans.All.SelectMany(Told), t => t.Contains("'in a trace'", StringComparison.Ordinal));
        Assert.DoesNotContain(spans.All.SelectMany(Told), t => t.Contains("'in no trace'", StringComparison.Ordinal));

        async Task AskAsync(string sql)
        {
            await using var command = core.Services.GetRequiredService<NpgsqlDataSource>().CreateCommand(sql);
            await command.ExecuteScalarAsync(Token);
        }
    }

    private static IEnumerable<string> Told(Activity span) =>
        span.TagObjects.Concat(span.Events.SelectMany(e => e.Tags)).Select(t => $"{t.Key}={t.Value}").Append(span.DisplayName).Append(span.StatusDescription ?? "");

    // The core as it is put together, with its workers not started.
    private static WebApplication Core(BaseProcessor<Activity>[] processors, params (string Key, string Value)[] settings)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(settings.ToDictionary(s => s.Key, s => (string?)s.Value));
        builder.AddServiceDefaults();
        builder.AddCore();
        builder.Services.ConfigureOpenTelemetryTracerProvider(tracing => Array.ForEach(processors, p => tracing.AddProcessor(p)));
        var core = builder.Build();
        _ = core.Services.GetRequiredService<TracerProvider>();
        return core;
    }

    private sealed class Spans : BaseProcessor<Activity>, IAsyncDisposable
    {
        private readonly ConcurrentBag<Activity> _ended = [];

        // Others' spans are heard as well: tests run side by side.
        public IEnumerable<Activity> Ended => _ended.Where(a => a.Source.Name == "Npgsql" && a.TraceId == Test.TraceId);

        public IEnumerable<Activity> All => _ended;

        private Activity Test { get; } = new Activity("test") { ActivityTraceFlags = ActivityTraceFlags.Recorded }.SetIdFormat(ActivityIdFormat.W3C).Start();

        public override void OnEnd(Activity data) => _ended.Add(data);

        public ValueTask DisposeAsync()
        {
            Test.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
