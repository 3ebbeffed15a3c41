using System.Text.Json;
using SmartCity.Contracts.Api;
using SmartCity.Core.Vehicles;

namespace SmartCity.Core.Live;

/// <summary>An event on its way to whoever watches: put into JSON once for all who may see keepers, once for all others, and not at all for nobody.</summary>
public sealed class LiveItem(LiveEvent liveEvent, JsonSerializerOptions json)
{
    private byte[]? _open;
    private byte[]? _masked;

    /// <summary>sighting, alert or charge.</summary>
    public string Kind => liveEvent.Alert is not null ? "alert" : liveEvent.Charge is not null ? "charge" : "sighting";

    public LiveEvent Event => liveEvent;

    /// <param name="keepers">With keepers' names in full.</param>
    public byte[] Json(bool keepers)
    {
        // Two that come at the same time may both do the work; they come to the same.
        ref var made = ref keepers ? ref _open : ref _masked;
        return made ??= JsonSerializer.SerializeToUtf8Bytes(keepers ? liveEvent : Masked(), json);
    }

    private LiveEvent Masked() => liveEvent with
    {
        Sighting = liveEvent.Sighting is { } sighting ? Keepers.Masked(sighting) : null,
        Alert = liveEvent.Alert is { Vehicle: { } vehicle } alert ? alert with { Vehicle = Keepers.Masked(vehicle) } : liveEvent.Alert,
    };
}
