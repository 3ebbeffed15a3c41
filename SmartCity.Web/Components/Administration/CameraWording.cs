using static SmartCity.Web.Languages.Words;

namespace SmartCity.Web.Components.Administration;

/// <summary>How the console speaks of cameras that are set up.</summary>
internal static class CameraWording
{
    /// <param name="state">As the edge's heartbeat has it.</param>
    public static string State(string state) => state switch
    {
        "connecting" => Say("connecting"),
        "streaming" => Say("streaming"),
        "lost" => Say("lost"),
        "failing" => Say("failing"),
        "ended" => Say("ended"),
        "silent" => Say("silent"),
        _ => state,
    };
}
