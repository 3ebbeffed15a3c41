using SmartCity.Contracts.Api;
using static SmartCity.Web.Languages.Words;

namespace SmartCity.Web.Components.Investigations;

public static class InvestigationWording
{
    /// <summary>Whether it is open although the last day on which it should be kept is over.</summary>
    public static bool IsOverdue(InvestigationView investigation, DateOnly today) => investigation.State == "open" && investigation.KeepUntil < today;

    public static string State(string state) => state switch { "open" => Say("open"), "closed" => Say("closed"), _ => state };

    /// <summary>What an item is.</summary>
    public static string Kind(string kind) => kind switch { "sighting" => Say("sighting"), "alert" => Say("alert"), "charge" => Say("charge"), _ => kind };

    /// <summary>Whether an item is really to go.</summary>
    public static string Removal(string kind) => kind switch
    {
        "sighting" => Say("Remove the sighting from the investigation?"),
        "alert" => Say("Remove the alert from the investigation?"),
        "charge" => Say("Remove the charge from the investigation?"),
        _ => Say("Remove the {0} from the investigation?", kind),
    };

    /// <summary>Where an item is shown as it is now.</summary>
    public static string Address(InvestigationItem item) => $"{item.Kind}s/{item.Id}";
}
