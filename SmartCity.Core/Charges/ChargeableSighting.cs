namespace SmartCity.Core.Charges;

/// <summary>A vehicle seen and read with enough confidence to charge.</summary>
public sealed record ChargeableSighting(Guid Id, DateTimeOffset CapturedAt, string Plate, string StationId, double Confidence, string? Evidence, string? TraceId);

/// <summary>All that is charged for one vehicle on one charging day.</summary>
public readonly record struct VehicleDay(string Plate, DateOnly Day);
