/** Sent with every request: the API server's audit log tells our writes by it. */
export const userAgent = "isthmus/0.1.0";
