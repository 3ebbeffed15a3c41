namespace SmartCity.Recognition;

/// <summary>How plates are looked for; each camera may have its own.</summary>
/// <param name="Side">A picture is scaled down until its longer side has no more pixels than this.</param>
/// <param name="Sure">Score (0–1) from which what the detector finds is a plate.</param>
internal readonly record struct DetectionSettings(int Side, float Sure)
{
    private const float LeastOfSure = 0.7f;
    private const float NearlyOfSure = 0.9f;

    /// <summary>Score from which what is found may be a plate, where nothing is surer.</summary>
    public float Least => Sure * LeastOfSure;

    /// <summary>Score from which what a closer look finds beside a sure plate may be another.</summary>
    public float Nearly => Sure * NearlyOfSure;
}
