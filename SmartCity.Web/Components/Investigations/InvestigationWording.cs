using SmartCity.Contracts.Api;

namespace SmartCity.Web.Components.Investigations;

public static class InvestigationWording
{
    /// <summary>Whether it is open although the last day on which it should be kept is over.</summary>
    public static bool IsOverdue(InvestigationView investigation, DateOnly today) => investigation.State == "open" && investigation.KeepUntil < today;

    /// <summary>Where an item is shown as it is now.</summary>
    public static string Address(InvestigationItem item) => $"{item.Kind}s/{item.Id}";
}
