using System.Globalization;
using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Core.Api;

namespace SmartCity.Core.Alerts;

/// <summary>Says of a pattern what it would have matched of the newest passages: one that matches much of them floods everybody who gets alerts.</summary>
public sealed class RecentPassages(NpgsqlDataSource dataSource, IOptions<HotlistOptions> options)
{
    private const int Examined = 5_000;

    // A few passages say nothing of a share.
    private const int FewMatches = 20;

    public async Task<Sample> ReadAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select plate from passages order by first_at desc, id desc limit $1");
        command.Parameters.Add(new() { Value = Examined });
        return new Sample(await command.ReadAllAsync(r => r.GetString(0), cancellationToken), options.Value.MostShare);
    }

    public sealed class Sample(List<string> plates, double mostShare)
    {
        /// <summary>Why a pattern is refused, for people; null when it is not.</summary>
        public string? Refuse(string pattern)
        {
            var matched = plates.Count(p => PlatePattern.Matches(pattern, p));
            return matched < FewMatches || matched <= mostShare * plates.Count ? null : string.Create(
                CultureInfo.InvariantCulture,
                $"pattern '{pattern}' would have matched {matched:N0} of the {plates.Count:N0} newest passages ({(double)matched / plates.Count:P1}); at most {mostShare:P1} is allowed. Give more letters or digits.");
        }
    }
}
