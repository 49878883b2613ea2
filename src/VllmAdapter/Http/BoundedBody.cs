namespace VllmAdapter;
internal sealed record BoundedBody(byte[] Bytes, bool IsTooLarge, Exception? Fault)
{
    public bool IsWhole => !IsTooLarge && Fault is null;
    public static async ValueTask<BoundedBody> ReadAsync(Stream stream, long limit, CancellationToken token)
    {
        var body = new MemoryStream();
        byte[] buffer = new byte[16 * 1024];
        try
        {
            int count;
            while ((count = await stream.ReadAsync(buffer, token).ConfigureAwait(false)) > 0)
            {
                body.Write(buffer, 0, (int)Math.Min(count, limit - body.Length));
                if (body.Length >= limit) return new(body.ToArray(), true, null);
            }
        }
        catch (Exception fault) { return new(body.ToArray(), false, fault); }
        return new(body.ToArray(), false, null);
    }
}
