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
        await using var listed = dataSource.CreateCommand("select distinct pattern from hotlist_entries where pattern ~ '[?*]'");
        return new Sample(
            await command.ReadAllAsync(r => r.GetString(0), cancellationToken), [.. await listed.ReadAllAsync(r => r.GetString(0), cancellationToken)], options.Value);
    }

    public sealed class Sample(List<string> plates, HashSet<string> patterns, HotlistOptions limits)
    {
        /// <summary>Patterns of the list that match too much by now, each with the reason: when they were added there may have been nothing to judge them by.</summary>
        public IReadOnlyDictionary<string, string> TooWide() =>
            new SortedDictionary<string, string>(patterns.Select(p => (Pattern: p, Why: TooMuch(p))).Where(p => p.Why is not null).ToDictionary(p => p.Pattern, p => p.Why!), StringComparer.Ordinal);

        /// <summary>Why a pattern is refused, for people; null when it is not, and then it counts as listed.</summary>
        public string? Refuse(string pattern)
        {
            if (TooMuch(pattern) is { } much)
            {
                return much;
            }

            if (!patterns.Contains(pattern) && patterns.Count >= limits.MostPatterns)
            {
                return string.Create(CultureInfo.InvariantCulture, $"pattern '{pattern}' is one too many: the hot-list has {patterns.Count:N0} patterns with ? or *, and at most {limits.MostPatterns:N0} are allowed (Core:Hotlist:MostPatterns).");
            }

            patterns.Add(pattern);
            return null;
        }

        private string? TooMuch(string pattern)
        {
            var mostShare = limits.MostShare;
            var matched = plates.Count(p => PlatePattern.Matches(pattern, p));
            return matched < FewMatches || matched <= mostShare * plates.Count ? null : string.Create(
                CultureInfo.InvariantCulture,
                $"pattern '{pattern}' would have matched {matched:N0} of the {plates.Count:N0} newest passages ({(double)matched / plates.Count:P1}); at most {mostShare:P1} is allowed. Give more letters or digits.");
        }
    }
}
