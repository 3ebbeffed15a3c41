using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Contracts;
using SmartCity.Core.Api;
using SmartCity.Core.Database;
using SmartCity.ServiceDefaults;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Core.Ops;

/// <summary>
/// Compares what each edge says it has published, by hour of capture, with what the core has stored or put among the dead letters. What is missing was lost
/// on the way, such as by a mirror that came too late for its source's retention. The edge is asked for these hours again: <see cref="AskAsync"/>.
/// </summary>
internal sealed class Arrivals(
    NpgsqlDataSource dataSource, DatabaseStartup database, IOptions<OpsOptions> options, WorkerHealth health, TimeProvider time, ILogger<Arrivals> logger) : BackgroundService
{
    private const string Worker = "arrivals";

    private static readonly Gauge<long> MissingSightings = Telemetry.Meter.CreateGauge<long>("smartcity.core.sightings.missing", "{sighting}", "Sightings that a station has published and that have not arrived, by station.");

    // A record may be on its way for so long after the core has stored what was sent later: partitions are read one before the other.
    private static readonly TimeSpan OnItsWay = TimeSpan.FromMinutes(2);

    // Where nothing was stored that tells how far the way is.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    private static readonly TimeSpan AskAgain = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Kept = TimeSpan.FromDays(31);

    private readonly ConcurrentQueue<Sample> _heard = new();
    private readonly List<Sample> _waiting = [];
    private volatile IReadOnlyDictionary<string, MissingHours> _missing = new Dictionary<string, MissingHours>(StringComparer.Ordinal);

    /// <summary>Stations of which sightings are missing.</summary>
    public IReadOnlyDictionary<string, MissingHours> Missing => _missing;

    /// <summary>An edge said what it had published. Hours that have not begun, which only a wrong clock has, count for nothing.</summary>
    public void Hear(string station, IEnumerable<PublishedHour> hours)
    {
        var now = time.GetUtcNow();
        foreach (var hour in hours.Where(h => h.From > now - Kept && h.From <= now && h.Count is >= 0 and <= HeartbeatParser.MostInAnHour && h.From == PublishedHour.HourOf(h.From)))
        {
            _heard.Enqueue(new Sample(station, hour.SentAt > now ? hour with { SentAt = now } : hour, now));
        }
    }

    /// <summary>The hours of a station of which sightings are missing and for which it was not asked lately; from now on it is.</summary>
    public async Task<IReadOnlyList<DateTimeOffset>> AskAsync(NpgsqlConnection connection, string station, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await using var command = new NpgsqlCommand("update station_hours set asked_at = $2 where station_id = $1 and missing > 0 and (asked_at is null or asked_at < $3) returning hour", connection)
        {
            Parameters = { new() { Value = station }, new() { Value = now }, new() { Value = now - AskAgain } },
        };
        return await command.ReadAllAsync(r => r.Time(0), cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await database.Ready.WaitAsync(stoppingToken);
        await health.KeepAsync(Worker, RunAsync, logger, stoppingToken);
    }

    private async Task RunAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.Every, time);
        do
        {
            await CompareAsync(stoppingToken);
            Report();
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task CompareAsync(CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await ForgetAsync(connection, cancellationToken);
        var settled = await SettledAsync(connection, cancellationToken);
        await using var compare = new NpgsqlCommand(
            """
            with said as (
                insert into station_hours as h (station_id, hour, published) select station_id, hour, max(published) from unnest($1, $2, $3) as s (station_id, hour, published) group by 1, 2
                on conflict (station_id, hour) do update set published = excluded.published where h.published < excluded.published
                returning station_id, hour, published, missing
            ), asked as (
                select * from said union select station_id, hour, published, missing from station_hours h
                where missing > 0 and not exists (select from said where said.station_id = h.station_id and said.hour = h.hour)
            ), counted as (
                select a.station_id, a.hour, a.published, a.missing as before, greatest(0, a.published
                    - coalesce((select sum(f.sightings) from station_flow f where f.station_id = a.station_id and f.at >= a.hour and f.at < a.hour + interval '1 hour'), 0)
                    - (select count(distinct d.sighting_id) from dead_letters d where d.topic = a.station_id || '.sightings' and d.state <> 'replayed'
                       and d.sighting_id >= (lpad(to_hex((extract(epoch from a.hour) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
                       and d.sighting_id < (lpad(to_hex((extract(epoch from a.hour + interval '1 hour') * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid))::bigint as missing
                from asked a
            )
            select station_id, hour, published, missing, before from counted
            """,
            connection)
        {
            Parameters =
            {
                new() { Value = settled.Select(s => s.Station).ToArray() },
                new() { Value = settled.Select(s => s.Hour.From).ToArray() },
                new() { Value = settled.Select(s => s.Hour.Count).ToArray() },
            },
        };
        var counted = await compare.ReadAllAsync(r => (Station: r.GetString(0), Hour: r.Time(1), Published: r.GetInt64(2), Missing: r.GetInt64(3), Before: r.GetInt64(4)), cancellationToken);
        _waiting.RemoveAll(settled.ToHashSet().Contains);
        await KeepAsync(connection, [.. counted.Where(c => c.Missing != c.Before).Select(c => (c.Station, c.Hour, c.Missing))], cancellationToken);
        var missing = counted.Where(c => c.Missing > 0).GroupBy(c => c.Station)
            .ToDictionary(g => g.Key, g => new MissingHours(g.Sum(c => c.Missing), g.Sum(c => c.Published), g.Min(c => c.Hour), g.Count()), StringComparer.Ordinal);
        foreach (var station in _missing.Keys.Union(missing.Keys))
        {
            MissingSightings.Record(missing.GetValueOrDefault(station)?.Missing ?? 0, new KeyValuePair<string, object?>("station", station));
        }

        _missing = missing;
    }

    private async Task KeepAsync(NpgsqlConnection connection, (string Station, DateTimeOffset Hour, long Missing)[] changed, CancellationToken cancellationToken)
    {
        await using var keep = new NpgsqlCommand(
            """
            update station_hours h set missing = c.missing, missing_since = case when c.missing > 0 then coalesce(h.missing_since, $4) end, asked_at = case when c.missing > 0 then h.asked_at end
            from unnest($1, $2, $3) as c (station_id, hour, missing) where h.station_id = c.station_id and h.hour = c.hour
            """,
            connection)
        {
            Parameters =
            {
                new() { Value = Array.ConvertAll(changed, c => c.Station) }, new() { Value = Array.ConvertAll(changed, c => c.Hour) }, new() { Value = Array.ConvertAll(changed, c => c.Missing) },
                new() { Value = time.GetUtcNow() },
            },
        };
        await keep.ExecuteNonQueryAsync(cancellationToken);
    }

    // Hours that are over for good, and those that no station can have: a core before this one believed every number.
    private async Task ForgetAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await using var command = new NpgsqlCommand("delete from station_hours where hour < $1 or hour > $2 or published not between 0 and $3", connection)
        {
            Parameters = { new() { Value = now - Kept }, new() { Value = now }, new() { Value = HeartbeatParser.MostInAnHour } },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    // What edges said of which nothing is on its way any more.
    private async Task<List<Sample>> SettledAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select station_id, sent_to from station_totals where sent_to is not null", connection);
        var sentTo = (await command.ReadAllAsync(r => (Station: r.GetString(0), To: r.Time(1)), cancellationToken)).ToDictionary(s => s.Station, s => s.To, StringComparer.Ordinal);
        while (_heard.TryDequeue(out var heard))
        {
            _waiting.Add(heard);
        }

        var now = time.GetUtcNow();
        bool IsSettled(Sample s) => sentTo.GetValueOrDefault(s.Station) >= s.Hour.SentAt + OnItsWay || now >= s.At + Patience;
        return _waiting.FindAll(IsSettled);
    }

    private void Report()
    {
        if (_missing.Count == 0)
        {
            health.Healthy(Worker);
            return;
        }

        health.Degraded(Worker, string.Join(' ', _missing.OrderByDescending(m => m.Value.Missing).Take(3).Select(m => $"{m.Key}: {m.Value.Sentence}")) + (_missing.Count > 3 ? $" The same holds for {_missing.Count - 3} other stations." : ""));
    }

    private sealed record Sample(string Station, PublishedHour Hour, DateTimeOffset At);
}

/// <summary>What is missing of a station.</summary>
/// <param name="Missing">Sightings that its edge has published and that have not arrived.</param>
/// <param name="Published">Sightings of the hours in which some are missing.</param>
/// <param name="From">The beginning of the first of these hours.</param>
/// <param name="Hours">How many hours these are.</param>
internal sealed record MissingHours(long Missing, long Published, DateTimeOffset From, int Hours)
{
    public string Sentence => string.Create(
        CultureInfo.InvariantCulture,
        $"{Missing} of {Published} sightings that its edge has published have not arrived, captured in {(Hours == 1 ? "the hour" : $"{Hours} hours, the first")} from {From.UtcDateTime:yyyy-MM-dd HH:mm} UTC. The edge is asked to send them again.");
}
