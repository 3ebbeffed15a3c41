using System.Net;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using SmartCity.Core.Archive;
using SmartCity.Core.Lake;
using SmartCity.Core.Tests.Database;
using SmartCity.Lake.Relay;
using SmartCity.ServiceDefaults.Health;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Lake.Tests;

/// <summary>
/// A city whose archive is in the lake, with the address where analysts connect. Schema <c>ref</c> has the same rows as tables of Postgres. Ada may see plates, Bob may not.
/// </summary>
public sealed class LakeCity(PostgresServer server) : IAsyncLifetime
{
    private const string Zone = "Europe/London";

    private readonly PostgresFixture _postgres = new(server);
    private readonly string _objects = Directory.CreateTempSubdirectory("lake-objects").FullName;
    private readonly string _folder = Directory.CreateTempSubdirectory("lake-sql").FullName;

    public PostgresFixture Postgres => _postgres;

    public string Database => new NpgsqlConnectionStringBuilder(_postgres.ConnectionString).Database!;

    public string Objects => _objects;

    internal IHost Host { get; private set; } = null!;

    public IPEndPoint Address { get; private set; } = null!;

    internal EndPoint Direct => new System.Net.Sockets.UnixDomainSocketEndPoint(Path.Combine(new NpgsqlConnectionStringBuilder(_postgres.ConnectionString).Host!, ".s.PGSQL.5432"));

    public string ConnectionString(string user) => $"Host={Address.Address};Port={Address.Port};Username={user};Database={Database};Pooling=false;Timeout=60;Command Timeout=120";

    internal Task<Wire> ConnectAsync(string user, CancellationToken cancellationToken) => Wire.ConnectAsync(Address, user, Database, cancellationToken);

    public async ValueTask InitializeAsync()
    {
        await _postgres.InitializeAsync();
        await FillAsync();
        Host = await StartAsync(new() { ["Lake:ForeignAddress"] = "127.0.0.1" });
        Address = await Host.Services.GetRequiredService<RelayServer>().Listening;
        await ReferenceAsync();
        await _postgres.ExecuteAsync("do $$ begin if not exists (select from pg_roles where rolname = 'ada') then create role ada login; create role bob login; end if; end $$");
        await _postgres.ExecuteAsync("select city.admit('ada', true), city.admit('bob', false)");
    }

    /// <summary>A lake process with settings of its own on the same city.</summary>
    /// <param name="more">Services beside the lake's; they start first.</param>
    /// <param name="isWhole">Whether it becomes healthy, and is waited for.</param>
    internal async Task<IHost> StartAsync(Dictionary<string, string?> settings, TimeProvider? time = null, Action<IServiceCollection>? more = null, bool isWhole = true)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ConnectionStrings:postgres"] = _postgres.ConnectionString,
            ["ConnectionStrings:objects"] = _objects,
            ["Lake:Port"] = "0",
            ["Lake:Threads"] = "2",
            ["Lake:ForeignAddress"] = "", // Postgres goes on asking the first
            ["Lake:Folder"] = Path.Combine(_folder, Guid.NewGuid().ToString("N")),
        });
        builder.Configuration.AddInMemoryCollection(settings);
        builder.Services.AddLogging();
        builder.Services.AddSingleton(time ?? TimeProvider.System);
        builder.Services.AddSingleton<WorkerHealth>();
        more?.Invoke(builder.Services);
        builder.AddLake();
        var host = builder.Build();
        await host.StartAsync();
        var health = host.Services.GetRequiredService<WorkerHealth>();
        while (isWhole && (!health.Reports.All(r => r.State == WorkerState.Healthy) || health.Reports.Count < 2))
        {
            await Task.Delay(20);
        }

        return host;
    }

    public async ValueTask DisposeAsync()
    {
        await Host.StopAsync();
        Host.Dispose();
        await _postgres.DisposeAsync();
        Directory.Delete(_objects, recursive: true);
        Directory.Delete(_folder, recursive: true);
    }

    // Days on which the clocks change, values at the edges of their types, a sighting that was corrected, days that were compacted and days that were not.
    private async Task FillAsync()
    {
        await _postgres.ExecuteAsync(
            """
            create table sightings_rest partition of sightings default;
            insert into sightings (id, captured_at, station_id, camera_id, lane, direction, plate, country, format, confidence, characters, frames, box, evidence, detector_version, reader_version, speed_kmh, trace_id, topic, partition, record_offset, stored_at, clock_synchronised, movement)
            select ('00000000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid,
                (array['2026-03-28 23:30Z', '2026-03-29 00:30Z', '2026-03-29 01:30Z', '2026-10-24 23:15Z', '2026-10-25 00:30Z', '2026-10-25 01:30Z', '2026-10-26 12:00Z', '2026-03-30 00:00Z']::timestamptz[])[n % 8 + 1] + n * interval '1.000001 s',
                (array['london-a1', 'london-a2', 'london-A3', 'london_a4'])[n % 4 + 1], 'c' || n % 3, (array[null, 0, 1, -7, 2147483647, -2147483647, 3])[n % 7 + 1], (array['inbound', 'outbound', null])[n % 3 + 1],
                (array['AB12CDE', 'ab_12%', 'É''x', 'back\slash', null, 'ZZ', 'aa', 'A B'])[n % 8 + 1], (array['GB', null, 'FR'])[n % 3 + 1], null,
                (array[0, 0.5, 1, 0.1, 1e-7, 123456789012345678, 0.30000000000000004, 2.5, 3.5, -0.5])[n % 10 + 1], array[0.5, 0.1, 1e-5]::real[], n, array[n, 2, 3, 4], 'e/' || n, 'd', 'r',
                (array[null, 48.3, 1e15, 1e300, 29.999999])[n % 5 + 1], null, 't', 0, n, '2026-11-01', n % 2 = 0, null
            from generate_series(0, 99) as n;
            insert into archive_queue (sighting_id, captured_at, station_id) select id, captured_at, station_id from sightings;
            insert into vehicles (plate, class, fuel, euro, since, keeper) values ('AB12CDE', 'car', 'diesel', 6, '2026-06-01', 'Ada Keeper'), ('ZZ', 'van', 'petrol', 4, '2020-01-01', null), ('AA', 'car', 'electric', null, '2024-01-01', null);
            insert into vehicle_history (plate, from_day, to_day, class, fuel, euro, recorded_at) values ('AB12CDE', '-infinity', '2026-06-01', 'car', 'diesel', 4, now());
            insert into stations (id, name, latitude, longitude) values ('london-a1', 'Tower', 51.5, -0.1), ('london-a2', 'Euston "N"', 51.53, 0);
            insert into station_zones (station_id, zone) values ('london-a1', 'ulez'), ('london-a1', 'lez');
            insert into charge_entries (id, kind, plate, scheme, day, amount, rule, why, tariff_version, sighting_id, station_id, recorded_at)
            select ('00000000-0000-7000-9000-' || lpad(to_hex(n), 12, '0'))::uuid, 'charge', (array['AB12CDE', 'ZZ', 'AA'])[n % 3 + 1], (array['ulez', 'lez', 'congestion'])[n % 3 + 1], date '2026-03-28' + n, (array[12.5, 300, 0.05, 15])[n % 4 + 1], 'r', 'w', 't',
                gen_random_uuid(), 'london-a1', '2026-11-02 10:00Z'::timestamptz + n * interval '1 hour'
            from generate_series(0, 29) as n
            """);
        var lake = new CityLake(_postgres.DataSource, new FolderObjectStore(_objects), TimeProvider.System);
        var writer = new ArchiveWriter(_postgres.DataSource, lake);
        await writer.RollAsync(1000, DateTimeOffset.MaxValue, CancellationToken.None);
        await new LakeCompaction(_postgres.DataSource, lake).RunAsync(new DateOnly(2026, 4, 1), 1 << 20, CancellationToken.None);
        await _postgres.ExecuteAsync(
            """
            update sightings set plate = 'CORRECTED', revision = 1 where record_offset in (4, 8);
            insert into archive_queue (sighting_id, captured_at, station_id, revision) select id, captured_at, station_id, 1 from sightings where revision = 1
            """);
        await writer.RollAsync(1000, DateTimeOffset.MaxValue, CancellationToken.None);
        await new LakeFeeds(_postgres.DataSource, lake).RunAsync(new DateOnly(2026, 11, 1), CancellationToken.None);
    }

    private async Task ReferenceAsync()
    {
        var names = string.Join(", ", LakeTables.Sightings.Columns.Select(c => c.Name));
        await _postgres.ExecuteAsync(
            $"""
            create schema ref;
            create table ref.sightings (like city.sightings);
            insert into ref.sightings
            select t.*, local::date, local, extract(hour from local)::int, extract(isodow from local)::int, date_trunc('month', local)::date, date_bin('15 minutes', local, '2001-01-01')
            from (select {LakeTables.Sightings.Select} from public.sightings s) as t({names}), lateral (select captured_at at time zone '{Zone}' as local) as l;
            create table ref.charges (like city.charges);
            insert into ref.charges select t.*, extract(isodow from day)::int, date_trunc('month', day)::date from (select {LakeTables.Charges.Select} from public.charge_entries c) as t({string.Join(", ", LakeTables.Charges.Columns.Select(c => c.Name))});
            create table ref.vehicles (like city.vehicles);
            insert into ref.vehicles {LakeTables.Vehicles.Select};
            create table ref.stations (like city.stations);
            insert into ref.stations {LakeTables.Stations.Select}
            """);
    }
}

/// <summary>One city for all tests that ask it.</summary>
[CollectionDefinition(Name)]
public sealed class LakeCityTests : ICollectionFixture<LakeCity>
{
    public const string Name = "lake city";
}
