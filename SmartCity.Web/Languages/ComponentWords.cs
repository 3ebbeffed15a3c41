using Microsoft.Extensions.Localization;
using MudBlazor;
using static SmartCity.Web.Languages.Words;

namespace SmartCity.Web.Languages;

/// <summary>What the component library says by itself, mostly to screen readers. What it is not asked for here stays English.</summary>
internal sealed class ComponentWords : MudLocalizer
{
    public override LocalizedString this[string key] => key switch
    {
        "MudAlert_Close" or "MudDialog_Close" or "MudSnackbar_Close" => Own(key, Say("Close")),
        "MudBaseDatePicker_NextMonth" => Own(key, Say("Next month {0}")),
        "MudBaseDatePicker_NextYear" => Own(key, Say("Next year {0}")),
        "MudBaseDatePicker_PrevMonth" => Own(key, Say("Previous month {0}")),
        "MudBaseDatePicker_PrevYear" => Own(key, Say("Previous year {0}")),
        "MudBaseDatePicker_Open" => Own(key, Say("Open")),
        "MudDateRangePicker_Start" or "MudRangeInput_Start" => Own(key, Say("Start")),
        "MudDateRangePicker_End" or "MudRangeInput_End" => Own(key, Say("End")),
        "MudFormComponent_Required" => Own(key, Say("Required")),
        "MudInput_Clear" => Own(key, Say("Clear")),
        "MudInput_Decrement" => Own(key, Say("Decrement")),
        "MudInput_Increment" => Own(key, Say("Increment")),
        "MudSelect_SelectAll" => Own(key, Say("Select all")),
        _ => new LocalizedString(key, key, resourceNotFound: true),
    };

    public override LocalizedString this[string key, params object[] arguments] =>
        this[key] is { ResourceNotFound: false } own ? Own(key, string.Format(System.Globalization.CultureInfo.CurrentCulture, own.Value, arguments)) : new LocalizedString(key, key, resourceNotFound: true);

    private static LocalizedString Own(string key, string text) => new(key, text);
}
