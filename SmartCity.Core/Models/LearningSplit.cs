using System.Security.Cryptography;
using System.Text;

namespace SmartCity.Core.Models;

/// <summary>
/// Whether an item is trained on, ends a training early, or is judged by: a vehicle always on the same side, on whatever day and in however many frames it is
/// seen, now and in every later dataset. Pure.
/// </summary>
internal static class LearningSplit
{
    public const string Train = "train";
    public const string Validation = "validation";
    public const string HoldOut = "hold-out";

    private const double HoldOutShare = 0.2;
    private const double ValidationShare = 0.1;

    public static string Of(string plate)
    {
        // Look-alikes are one vehicle, however they were written down.
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes("learning " + plate.Replace('O', '0').Replace('I', '1')));
        var share = BitConverter.ToUInt32(hash) / (double)uint.MaxValue;
        return share < HoldOutShare ? HoldOut : share < HoldOutShare + ValidationShare ? Validation : Train;
    }
}
