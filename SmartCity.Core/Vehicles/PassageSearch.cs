using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Alerts;
using SmartCity.Core.Api;
using SmartCity.Core.Privacy;

namespace SmartCity.Core.Vehicles;

/// <summary>
/// Passages by plate or pattern, make, colour, class, station and time, newest first. Few plates that fit are followed one by one; when many
/// do, the newest passages are gone through until the page is full. Which is less work is worked out first, by <see cref="IsFewer"/>.
/// </summary>
public sealed class PassageSearch(NpgsqlDataSource dataSource)
{
    // More plates than these are not worth fetching: going through the newest passages is faster.
    private const int MostPlates = 5_000;

    private const string Found =
        $"select p.id, p.plate, p.station_id, p.first_at, p.last_at, p.sightings, p.best_sighting_id, p.evidence, {VehicleRegistry.Columns}";

    private const int VehicleColumn = 8;

    /// <param name="search">One that <see cref="VehicleSearchRules.Check"/> has nothing to say against.</param>
    /// <param name="alsoRestricted">Whether plates whose processing is restricted are among them.</param>
    /// <param name="only">The stations that whoever asks is limited to; null for all.</param>
    public async Task<List<PassageHit>> FindAsync(VehicleSearch search, Cursor? after, int count, CancellationToken cancellationToken, bool alsoRestricted = false, string[]? only = null)
    {
        await using var command = await CommandAsync(search, after, count, alsoRestricted, only, cancellationToken);
        return await command.ReadAllAsync(Read, cancellationToken);
    }

    /// <summary>As <see cref="FindAsync"/>, row by row.</summary>
    public async Task<IAsyncEnumerable<PassageHit>> StreamAsync(VehicleSearch search, int count, CancellationToken cancellationToken, bool alsoRestricted = false, string[]? only = null) =>
        (await CommandAsync(search, null, count, alsoRestricted, only, cancellationToken)).StreamAsync(Read, cancellationToken);

    /// <summary>Whether so many plates, each with its newest passages, are fewer rows than the newest passages of all until <paramref name="count"/> of them fit.</summary>
    /// <param name="seen">Plates that ever passed.</param>
    /// <param name="passages">Passages altogether.</param>
    internal static bool IsFewer(long plates, int count, double seen, double passages) =>
        plates * Math.Clamp(passages / Math.Max(1, seen), 1, count) <= Math.Min(passages, count * seen / Math.Max(1, plates));

    internal static PassageHit Read(NpgsqlDataReader r) => new(
        new PassageView
        {
            Id = r.GetGuid(0),
            Plate = r.GetString(1),
            StationId = r.GetString(2),
            FirstAt = r.Time(3),
            LastAt = r.Time(4),
            Sightings = r.GetInt32(5),
            BestSightingId = r.GetGuid(6),
            Evidence = r.Text(7),
        },
        VehicleRegistry.Read(r, VehicleColumn));

    private async Task<NpgsqlCommand> CommandAsync(VehicleSearch search, Cursor? after, int count, bool alsoRestricted, string[]? only, CancellationToken cancellationToken)
    {
        var plates = await PlatesAsync(search, cancellationToken);
        return plates is not null && await AreFewAsync(plates.Length, count, cancellationToken)
            ? EachPlate(search, plates, after, count, only, Restricted.Passages(alsoRestricted))
            : NewestFirst(search, plates, after, count, only, Restricted.Passages(alsoRestricted));
    }

    // Null when there are more than are worth fetching, or when the search says nothing of the vehicle.
    private async Task<string[]?> PlatesAsync(VehicleSearch search, CancellationToken cancellationToken)
    {
        var pattern = search.Plate is null ? null : PlatePattern.Normalise(search.Plate);
        var registered = search.Make is not null || search.Colour is not null || search.Class is not null;
        if (!registered && pattern is null)
        {
            return null;
        }

        if (!registered && PlatePattern.IsExact(pattern!))
        {
            return [pattern!];
        }

        var filter = new SqlFilter();
        filter.And(Kind(filter, search)).And(pattern is null ? null : Fits(filter, pattern, registered ? "v.plate" : "s.plate"));
        await using var command = filter.Command(dataSource, $"select {(registered ? "v.plate from vehicles v" : "s.plate from seen_plates s")} where {{where}} limit {{limit}}", MostPlates + 1);
        var plates = await command.ReadAllAsync(r => r.GetString(0), cancellationToken);
        return plates.Count > MostPlates ? null : [.. plates];
    }

    private async Task<bool> AreFewAsync(int plates, int count, CancellationToken cancellationToken)
    {
        if (plates <= 1)
        {
            return true;
        }

        await using var command = dataSource.CreateCommand(
            "select greatest(s.reltuples, 1)::float8, greatest(p.reltuples, 1)::float8 from pg_class s, pg_class p where s.oid = 'seen_plates'::regclass and p.oid = 'passages'::regclass");
        var (seen, passages) = (await command.ReadAllAsync(r => (r.GetDouble(0), r.GetDouble(1)), cancellationToken)).Single();
        return IsFewer(plates, count, seen, passages);
    }

    private NpgsqlCommand EachPlate(VehicleSearch search, string[] plates, Cursor? after, int count, string[]? only, string table)
    {
        var filter = new SqlFilter();
        var wanted = filter.Parameter(plates);
        return WhereAndWhen(filter, search, after, only).Command(
            dataSource,
            $$"""
            {{Found}} from (
                select newest.* from unnest({{wanted}}) as wanted (plate) cross join lateral (
                    select * from {{table}} p where p.plate = wanted.plate and {where} order by p.first_at desc, p.id desc limit {limit}) newest
                order by newest.first_at desc, newest.id desc limit {limit}) p
            left join vehicles v on v.plate = p.plate and {{VehicleRegistry.HasBegun}} order by p.first_at desc, p.id desc
            """,
            count);
    }

    private NpgsqlCommand NewestFirst(VehicleSearch search, string[]? plates, Cursor? after, int count, string[]? only, string table)
    {
        var filter = WhereAndWhen(new SqlFilter(), search, after, only).And("p.plate = any(@)", plates);
        if (plates is null)
        {
            // "offset 0" keeps the planner from joining everything before it takes the newest.
            filter.And(Kind(filter, search) is { } kind ? $"exists (select 1 from vehicles v where v.plate = p.plate and {kind} offset 0)" : null);
            filter.And(search.Plate is null ? null : Fits(filter, PlatePattern.Normalise(search.Plate)!, "p.plate"));
        }

        return filter.Command(
            dataSource,
            $$"""
            {{Found}} from (select * from {{table}} p where {where} order by p.first_at desc, p.id desc limit {limit}) p
            left join vehicles v on v.plate = p.plate and {{VehicleRegistry.HasBegun}} order by p.first_at desc, p.id desc
            """,
            count);
    }

    private static SqlFilter WhereAndWhen(SqlFilter filter, VehicleSearch search, Cursor? after, string[]? only) => filter
        .And("p.station_id = any(@)", only)
        .And(search.Stations is { Length: 1 } ? "p.station_id = @" : "p.station_id = any(@)", search.Stations switch { null or { Length: 0 } => null, [var one] => one, var several => (object)several })
        .And("p.first_at >= @", search.From)
        .And("p.first_at < @", search.To)
        .After("p.first_at", "p.id", after);

    private static string? Kind(SqlFilter filter, VehicleSearch search)
    {
        var conditions = new[] { ("lower(v.make) = lower(@)", search.Make), ("lower(v.colour) = lower(@)", search.Colour), ("v.class = lower(@)", search.Class) }
            .Where(c => c.Item2 is not null)
            .Select(c => c.Item1.Replace("@", filter.Parameter(c.Item2!), StringComparison.Ordinal))
            .ToList();
        return conditions.Count == 0 ? null : string.Join(" and ", [.. conditions, VehicleRegistry.HasBegun]);
    }

    // A pattern that ends in letters is looked up from its end, so that an index serves it too.
    private static string Fits(SqlFilter filter, string pattern, string column)
    {
        var like = pattern.Replace('?', '_').Replace('*', '%');
        return PlatePattern.IsExact(pattern) ? $"{column} = {filter.Parameter(pattern)}"
            : like[0] is '%' or '_' && like[^1] is not ('%' or '_')
                ? $"reverse({column}) like {filter.Parameter(new string([.. like.Reverse()]))}"
                : $"{column} like {filter.Parameter(like)}";
    }
}
