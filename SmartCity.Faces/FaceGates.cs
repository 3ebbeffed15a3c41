using SmartCity.Contracts.Faces;

namespace SmartCity.Faces;

/// <summary>How well a face must be seen to be compared. What fails is refused, for a poor look resembles many people.</summary>
public sealed record FaceGates
{
    /// <summary>For looks of a pass.</summary>
    public static FaceGates Passing { get; } = new();

    /// <summary>For the pictures of a watch-list, which are compared with everybody.</summary>
    public static FaceGates Enrolment { get; } = new() { LeastEyeDistance = 45, MostYaw = 0.22, MostRoll = 18, LeastSharpness = 0.04, Darkest = 50 };

    /// <summary>Refuses nothing: for measuring what poor looks do.</summary>
    public static FaceGates None { get; } = new()
    {
        LeastEyeDistance = 0,
        MostRoll = 180,
        MostYaw = double.MaxValue,
        LeastPitch = double.MinValue,
        MostPitch = double.MaxValue,
        LeastSharpness = 0,
        Darkest = 0,
        Brightest = 255,
        MostOutside = 1,
    };

    /// <inheritdoc cref="FaceLook.EyeDistance"/>
    public double LeastEyeDistance { get; init; } = 24;

    /// <inheritdoc cref="FaceLook.Roll"/>
    public double MostRoll { get; init; } = 20;

    /// <inheritdoc cref="FaceLook.Yaw"/>
    public double MostYaw { get; init; } = 0.28;

    /// <inheritdoc cref="FaceLook.Pitch"/>
    public double LeastPitch { get; init; } = 0.30;

    /// <inheritdoc cref="FaceLook.Pitch"/>
    public double MostPitch { get; init; } = 0.85;

    /// <inheritdoc cref="FaceLook.Sharpness"/>
    public double LeastSharpness { get; init; } = 0.010;

    /// <inheritdoc cref="FaceLook.Brightness"/>
    public double Darkest { get; init; } = 40;

    /// <inheritdoc cref="FaceLook.Brightness"/>
    public double Brightest { get; init; } = 220;

    /// <inheritdoc cref="FaceLook.Outside"/>
    public double MostOutside { get; init; } = 0.08;

    /// <summary>One of <see cref="FaceRefusal"/>; null for a good look.</summary>
    public string? Refusal(FaceLook look) =>
        look.Outside > MostOutside ? FaceRefusal.Cut
        : look.EyeDistance < LeastEyeDistance ? FaceRefusal.Small
        : Math.Abs(look.Roll) > MostRoll || Math.Abs(look.Yaw) > MostYaw || look.Pitch < LeastPitch || look.Pitch > MostPitch ? FaceRefusal.Turned
        : look.Brightness < Darkest ? FaceRefusal.Dark
        : look.Brightness > Brightest ? FaceRefusal.Bright
        : look.Sharpness < LeastSharpness ? FaceRefusal.Blurred
        : null;
}
