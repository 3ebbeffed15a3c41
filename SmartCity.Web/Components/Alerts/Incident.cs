using SmartCity.Contracts.Api;

namespace SmartCity.Web.Components.Alerts;

/// <summary>The alerts of one vehicle within an hour: somebody deals with them together.</summary>
/// <param name="Alerts">At least one, in the order of the list.</param>
public sealed record Incident(IReadOnlyList<AlertView> Alerts)
{
    private static readonly TimeSpan Together = TimeSpan.FromHours(1);

    /// <summary>The alert that stands for it.</summary>
    public AlertView First => Alerts[0];

    /// <summary>Puts alerts together. An incident stands where its first alert stood.</summary>
    public static IReadOnlyList<Incident> Of(IReadOnlyList<AlertView> alerts)
    {
        var groups = new List<List<AlertView>>();
        var open = new Dictionary<string, List<AlertView>>(StringComparer.Ordinal);
        foreach (var alert in alerts)
        {
            if (open.TryGetValue(alert.Plate, out var group) && (group[0].CapturedAt - alert.CapturedAt).Duration() < Together)
            {
                group.Add(alert);
                continue;
            }

            groups.Add(open[alert.Plate] = [alert]);
        }

        return groups.ConvertAll(g => new Incident(g));
    }
}
