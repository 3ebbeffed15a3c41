namespace SmartCity.Core.Charges;

/// <summary>A vehicle seen and read with enough confidence to charge.</summary>
/// <param name="Country">The country that the plate was taken to be of; null where the camera was not sure, or a person has decided.</param>
/// <param name="IsReviewed">A person has decided that this is the plate.</param>
public sealed record ChargeableSighting(
    Guid Id, DateTimeOffset CapturedAt, string Plate, string StationId, string CameraId, double Confidence, string? Country, string? Evidence, string? TraceId, bool IsReviewed = false);

/// <summary>All that is charged for one vehicle on one charging day.</summary>
public readonly record struct VehicleDay(string Plate, DateOnly Day);
