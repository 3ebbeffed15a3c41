using System.Text.Json;
using SmartCity.Contracts.Api;
using SmartCity.Core.Charges;
using SmartCity.Core.Vehicles;

namespace SmartCity.Core.Live;

/// <summary>
/// An event on its way to whoever watches: put into JSON once for all, and not at all for nobody. Alerts and charges are for those with their scope. Keepers'
/// names are masked: they take a reason, which nobody gives here.
/// </summary>
public sealed class LiveItem(LiveEvent liveEvent, JsonSerializerOptions json)
{
    private byte[]? _json;
    private byte[]? _withoutCharges;
    private byte[]? _limited;

    /// <summary>sighting, alert or charge.</summary>
    public string Kind => liveEvent.Alert is not null ? "alert" : liveEvent.Charge is not null ? "charge" : "sighting";

    public LiveEvent Event => liveEvent;

    /// <summary>The station that it is of; null where that is not known.</summary>
    public string? StationId => liveEvent.Sighting?.StationId ?? liveEvent.Alert?.StationId ?? liveEvent.Charge?.StationId;

    /// <summary>What somebody may hear of it; null for nothing. Two that come at the same time may both do the work; they come to the same.</summary>
    /// <param name="alerts">Whether they may see alerts.</param>
    /// <param name="charges">Whether they may see charges.</param>
    /// <param name="limited">Whether they are limited to stations, of which this is one.</param>
    public byte[]? Json(bool alerts, bool charges, bool limited = false) =>
        (liveEvent.Alert is not null && !alerts) || (liveEvent.Charge is not null && !charges) ? null
        : limited && charges && (liveEvent.Charge is not null || liveEvent.Sighting is not null) ? _limited ??= Bytes(liveEvent with { Charge = liveEvent.Charge is { } line ? ChargeLimit.Own(line) : null, Sighting = liveEvent.Sighting is { } own ? ChargeLimit.Own(own) : null })
        : charges || liveEvent.Sighting is not { } sighting || (sighting.Charges.Count == 0 && sighting.ChargedBefore.Count == 0) ? _json ??= Bytes(liveEvent)
        : _withoutCharges ??= Bytes(liveEvent with { Sighting = Keepers.WithoutCharges(sighting) });

    private byte[] Bytes(LiveEvent shown) => JsonSerializer.SerializeToUtf8Bytes(Masked(shown), json);

    private static LiveEvent Masked(LiveEvent liveEvent) => liveEvent with
    {
        Sighting = liveEvent.Sighting is { } sighting ? Keepers.Masked(sighting) : null,
        Alert = liveEvent.Alert is { Vehicle: { } vehicle } alert ? alert with { Vehicle = Keepers.Masked(vehicle) } : liveEvent.Alert,
    };
}
