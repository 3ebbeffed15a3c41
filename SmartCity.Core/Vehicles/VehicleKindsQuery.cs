using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;

namespace SmartCity.Core.Vehicles;

/// <summary>Makes and colours that the registry has. They change seldom, so they are kept for a while.</summary>
internal sealed class VehicleKindsQuery(NpgsqlDataSource dataSource, TimeProvider time)
{
    private const int MostKinds = 20_000;
    private const int MostMeant = 5;
    private static readonly TimeSpan Kept = TimeSpan.FromMinutes(5);

    private Known? _known;

    /// <summary>All of them; of a make or colour that is given, those that may be meant.</summary>
    public async Task<VehicleKinds> RunAsync(string? make, string? colour, CancellationToken cancellationToken)
    {
        var all = await AllAsync(cancellationToken);
        return string.IsNullOrWhiteSpace(make) && string.IsNullOrWhiteSpace(colour)
            ? all
            : new VehicleKinds(Spelling.Nearest(make ?? "", all.Makes, MostMeant), Spelling.Nearest(colour ?? "", all.Colours, MostMeant));
    }

    private async Task<VehicleKinds> AllAsync(CancellationToken cancellationToken)
    {
        if (_known is { } known && time.GetUtcNow() - known.At < Kept)
        {
            return known.Kinds;
        }

        // From one kind to the next: there are few, and millions of vehicles. What differs only in small and capital letters is one.
        await using var pairs = dataSource.CreateCommand(
            $"""
            with recursive kinds (make, colour) as (
                (select lower(make), lower(colour) from vehicles where make is not null order by lower(make), lower(colour) limit 1)
                union all
                select next.* from kinds cross join lateral (
                    select lower(v.make), lower(v.colour) from vehicles v where (lower(v.make), lower(v.colour)) > (kinds.make, kinds.colour) order by lower(v.make), lower(v.colour) limit 1) next)
            select make, colour from kinds limit {MostKinds}
            """);
        var found = await pairs.ReadAllAsync(r => (Make: r.GetString(0), Colour: r.Text(1)), cancellationToken);
        await using var makes = dataSource.CreateCommand("select (select v.make from vehicles v where lower(v.make) = m.make limit 1) as written from unnest($1::text[]) m (make) order by written").With((object)found.Select(f => f.Make).Distinct().ToArray());
        var kinds = new VehicleKinds(await makes.ReadAllAsync(r => r.GetString(0), cancellationToken), [.. found.Select(f => f.Colour).OfType<string>().Distinct().Order(StringComparer.Ordinal)]);
        _known = new Known(time.GetUtcNow(), kinds);
        return kinds;
    }

    private sealed record Known(DateTimeOffset At, VehicleKinds Kinds);
}
