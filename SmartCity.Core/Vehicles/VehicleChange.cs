using SmartCity.Contracts.Api;

namespace SmartCity.Core.Vehicles;

/// <summary>What somebody says of a vehicle: the named facts, from a day on. What is not named stays as it is.</summary>
/// <param name="Facts">The plate, and values of the named facts.</param>
/// <param name="Named">Names of facts as <see cref="VehicleFacts"/> has them; <c>discounts</c> stands for all that the vehicle has from that day on.</param>
/// <param name="From">First day on which it holds. Null: from the beginning for a vehicle that was not known, else from today.</param>
/// <param name="Source">Who says so.</param>
public sealed record VehicleChange(VehicleView Facts, IReadOnlyCollection<string> Named, DateOnly? From = null, string? Source = null)
{
    public const string Discounts = "discounts";

    /// <summary>All facts of a vehicle.</summary>
    public static VehicleChange Whole(VehicleView vehicle) => new(vehicle, [.. VehicleFacts.Names, Discounts]);
}
